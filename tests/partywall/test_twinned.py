"""Influences, which a run finds with twins in services of their own, are replayed in one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from partywall.events import TrialJudged
from partywall.reduction import slices
from partywall.reduction.twinned import Twinned
from partywall.reporting.evidence import write_evidence
from tests.partywall import notes
from tests.partywall.test_evidence import replayed
from tests.partywall.test_twins import twins

if TYPE_CHECKING:
    from pathlib import Path


def test_total(tmp_path: Path) -> None:
    """A total over all tenants is reduced to who makes a note and who lists, and its replay shows it on a service that
    counts so, and nothing on a sound one."""
    events = twins("total", tmp_path)
    [judged] = [e for e in events if isinstance(e, TrialJudged) and e.judgement.verdict.findings]
    finding = judged.judgement.verdict.findings[0]
    with notes.serving("total") as service:
        target = notes.target(service.url)
        write_evidence(tmp_path, [(finding, judged.history)], target, judged.history.key, first_number=1000)
    folder = tmp_path / "findings" / finding.id
    witness = json.loads((folder / "witness.json").read_text())
    told = [(step["role"], step["operation"]) for step in witness["program"]["steps"]]
    assert told == [("A", "create"), ("A", "list"), ("B", "create"), ("B", "list")]
    assert [role["label"] for role in witness["program"]["roles"]] == ["twin", "A"]
    assert (witness["reproduced"], witness["tries"], witness["minimal"]) == (3, 3, True)
    for leak, status in (("total", 1), ("", 0)):
        with notes.serving(leak) as service:
            keys = [httpx.post(f"{service.url}/tenants", json={"name": name}).json()["key"] for name in ("one", "two")]
            assert replayed(folder, json.dumps({"url": service.url, "api_keys": keys}))[0] == status


@pytest.mark.parametrize(("given", "played"), [(True, ["twin", "A"]), (False, ["twin", "A", "B", "C"])])
def test_two_are_enough(tmp_path: Path, given: bool, played: list[str]) -> None:
    """Where tenants are given, the twin does whatever company did, and two can play it. Else company is there again:
    a twin who does the same again may be refused."""
    events = twins("total", tmp_path)
    [judged] = [e for e in events if isinstance(e, TrialJudged) and e.judgement.verdict.findings]
    finding = judged.judgement.verdict.findings[0]
    target = replace(notes.target("http://127.0.0.1"), given=given)
    everything = slices.program(judged.history, finding, target)
    twinned = Twinned.of(judged.history, finding, target.policy)
    assert twinned is not None
    doubled = twinned.program(everything)
    assert len(everything.roles) == 3
    assert [role.label for role in doubled.roles] == played
    own = sum(step.role == "A" for step in everything.steps)
    assert len(doubled.steps) == len(everything.steps) + own
    assert [step.session for step in doubled.steps if step.role == "twin"][:own] == [0] * own
    assert 0 not in [step.session for step in doubled.steps if step.role == "twin"][own:]


def test_nothing_of_its_own(tmp_path: Path) -> None:
    """What a tenant does itself is nobody's influence: without company a sound service shows none to replay."""
    events = twins("total", tmp_path)
    [judged] = [e for e in events if isinstance(e, TrialJudged) and e.judgement.verdict.findings]
    finding = judged.judgement.verdict.findings[0]
    with notes.serving() as service:
        target = notes.target(service.url)
        write_evidence(tmp_path, [(finding, judged.history)], target, judged.history.key, first_number=1000)
    witness = json.loads((tmp_path / "findings" / finding.id / "witness.json").read_text())
    assert witness["reproduced"] == 0
    assert witness["tries"] > 0
