"""Every kind of finding can be replayed: the stand-alone replay of each bad history shows it where the service answers
as it did there, and nothing where it answers as a sound one does."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from partywall.oracle.judge import judge
from partywall.oracle.kinds import KINDS, Weight
from partywall.reduction.reduce import unreduced
from partywall.reporting.evidence import program_to_json, witness_to_json, write_witness
from partywall.reporting.replay import main as replay_main
from partywall.target import Credential, Target
from tests.partywall.notation import POLICY, read
from tests.partywall.served import Handler, Toy, up
from tests.partywall.test_histories import FILES, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from partywall.model import Exchange, Finding
    from tests.partywall.notation import Written

SCHEMA = json.loads((Path(__file__).parents[2] / "reports" / "witness.schema.json").read_text())
FOUND = [
    pytest.param(path, index, id=f"{path.relative_to(FOLDER)}-{index}")
    for path in FILES
    for index in range(len(read(path.read_text()).finds))
]


class _Scripted(Handler):
    script: Iterator[Exchange]

    def respond(self) -> None:
        self.sent()
        told = next(self.script)
        # Without a status its client hung up; had it not, this is what it would have got.
        self.say(told.status or 200, told.body, *told.headers)


def answering(script: list[Exchange]) -> AbstractContextManager[Toy]:
    """A service that gives these answers, in order."""
    return up(Toy(type("_Handler", (_Scripted,), {"script": iter(script)})))


def replayed(
    finding: Finding, written: Written, monkeypatch: pytest.MonkeyPatch, *, sound: bool, late: tuple[int, ...] = ()
) -> tuple[int, str]:
    """Exit status and output of a finding's replay. What late exchanges show is there when it is asked for again."""
    target = Target("http://127.0.0.1", POLICY, lambda _tenant: Credential(()))
    witness = unreduced(written.history, finding, target, "as recorded")
    program = program_to_json(witness, target)
    jsonschema.validate(json.loads(json.dumps(witness_to_json(witness, program))), SCHEMA)
    recorded = [exchange for _, exchange in sorted(witness.answers.items())]
    in_company = written.history.exchanges
    script = []
    for e in recorded:
        script += [replace(e, status=404, body=b"")] if e.number in late else []
        script += [written.sound.get(e.number, e) if sound and e in in_company else e]
    names = {tenant.label: tenant.name for tenant in witness.history.tenants}
    roles = [role["label"] for role in program["roles"]]
    with answering(script) as service:
        ready = {
            "url": service.url,
            "api_keys": [f"key of {role}, whole" for role in roles],
            "account_ids": [f"account-{role}" for role in roles],
            "names": [names.get(role, f"Shop {role}") for role in roles],
        }
        said = io.StringIO()
        monkeypatch.setattr(replay_main, "PROGRAM", program)
        monkeypatch.setattr("partywall.reporting.replay.run.time.sleep", lambda _seconds: None)
        if not late:  # the script has each answer once
            monkeypatch.setattr("partywall.reporting.replay.run.AWAITED_S", 0)
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(ready) + "\n"))
        monkeypatch.setattr(sys, "stdout", said)
        monkeypatch.setattr(sys, "stderr", said)
        return replay_main.main(["--ready", "-", "--attempts", "1"]), said.getvalue()


@pytest.mark.parametrize(("path", "index"), FOUND)
def test_replay(path: Path, index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows where it was found, and does not show on a sound service."""
    written = read(path.read_text())
    finding = judge(written.history, POLICY).verdict.findings[index]
    assert written.sound, f"expected what a sound service answers in {path.name}"
    status, said = replayed(finding, written, monkeypatch, sound=False)
    assert (status, said.partition(":")[0]) == (1, "reproduced 1 of 1"), said
    assert replayed(finding, written, monkeypatch, sound=True) == (0, "not reproduced: 0 of 1\n")


def test_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was missed is asked for until it is there: a job may still be making it."""
    written = read((FOLDER / "completeness" / "bad" / "not-found.history").read_text())
    finding = judge(written.history, POLICY).verdict.findings[0]
    assert finding.exchange is not None
    late = (finding.exchange,)
    assert replayed(finding, written, monkeypatch, sound=True, late=late) == (0, "not reproduced: 0 of 1\n")


def test_unreadable(tmp_path: Path) -> None:
    """A witness says so where the replay, which has no decoders but the standard library's, would not see it."""
    written = read((FOLDER / "ownership" / "bad" / "list.history").read_text())
    finding = judge(written.history, POLICY).verdict.findings[0]
    shown_by = written.history.exchanges[finding.exchange]
    packed = replace(shown_by, body=b"(\xb5/\xfd" + bytes(20))
    target = Target("http://127.0.0.1", POLICY, lambda _tenant: Credential(()))
    for exchange, notes in ((shown_by, False), (packed, True)):
        exchanges = (*written.history.exchanges[: finding.exchange], exchange)
        witness = unreduced(replace(written.history, exchanges=exchanges), finding, target, "")
        write_witness(tmp_path, witness, target)
        assert ("can't read" in json.loads((tmp_path / "witness.json").read_text())["note"]) is notes


def test_influence_anywhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What company changes where a replay can't tell it from what differs by nature is not said to show again."""
    written = read((FOLDER / "noninterference" / "bad" / "total.history").read_text())
    finding = replace(judge(written.history, POLICY).verdict.findings[0], surface="barcode", chain=("pdf",))
    assert replayed(finding, written, monkeypatch, sound=False) == (0, "not reproduced: 0 of 1\n")
    target = Target("http://127.0.0.1", POLICY, lambda _tenant: Credential(()))
    write_witness(tmp_path, unreduced(written.history, finding, target, ""), target)
    assert "can't read" in json.loads((tmp_path / "witness.json").read_text())["note"]


def test_every_kind() -> None:
    """Every kind of violation is among them."""
    replayed = {found[:2] for path in FILES for found in read(path.read_text()).finds}
    assert {key for key, kind in KINDS.items() if kind.weight is not Weight.WARNING} == replayed
