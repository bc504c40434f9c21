"""Sessions that are browsers: cookies and the tokens of forms, streams that go on, and replays that log in again."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from partywall import places
from partywall.drive.trial import Trial
from partywall.errors import Violation
from partywall.forms import hidden
from partywall.oracle.judge import judge
from partywall.record import exchange_to_json
from partywall.reduction.reduce import Budget
from partywall.reporting.evidence import write_evidence
from partywall.reporting.replay import main as replay_main
from partywall.reporting.replay.answers import document
from partywall.reporting.replay.service import hidden as hidden_in
from tests.partywall import pages

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.drive.session import Session
    from partywall.model import Exchange

BROWSER = 3


def browsers(trial: Trial) -> list[Session]:
    """A browser of each tenant, in which a user has logged in, twice."""
    found = []
    for tenant in trial.tenants:
        email, password = f"{trial.mark(tenant)}@example.org", trial.secret(tenant)
        trial.operate(tenant, pages.user(trial.account(tenant), email, password))
        browser = trial.session(tenant, BROWSER)
        for _ in range(2):
            assert browser.send(pages.FORM).succeeded
            assert browser.send(pages.log_in(email, password)).status == 303
        assert browser.send(pages.HOME).succeeded
        found.append(browser)
    return found


def listen(trial: Trial, listeners: list[Session]) -> list[Exchange]:
    """All listen, and each makes a note: what the streams were told until each had its own."""
    calls = [(tenant, pages.CREATE) for tenant in reversed(trial.tenants)]
    return trial.listen([(each, pages.EVENTS) for each in listeners], calls, lambda _, received: b"data:" in received)


def work(trial: Trial) -> list[Exchange]:
    """Listen, log out, and try to go on."""
    opened = browsers(trial)
    streams = listen(trial, opened)[: len(opened)]
    for browser in opened:
        assert browser.send(pages.LOG_OUT).status == 303
        browser.send(pages.HOME)
        browser.listen(pages.EVENTS).close()
    return streams


def test_sound() -> None:
    """A sound website is held; its pages see no key, streams tell each of its own, and no secret is written."""
    heard: list[str] = []
    with pages.serving() as service:
        trial = Trial(
            service.target, b"key", 1, 2, heard=lambda each: heard.append(json.dumps(exchange_to_json(each, 10**6)))
        )
        with trial:
            streams = work(trial)
            assert trial.session(trial.tenants[0], BROWSER).send(pages.HOME).status == 401
        assert [places.parse(each.body) for each in streams] == [[{"id": 7001}], [{"id": 7000}]]
        assert service.keyed == []
        assert len(service.users) == 2
        assert not [secret for secret in service.secrets if secret in "\n".join(heard)]
    forms = [e for e in trial.history.exchanges if e.operation == "form"]
    for exchange in forms:
        [mark] = trial.marks.find(hidden(exchange.body, "token").encode())
        assert mark.tenant == exchange.tenant


@pytest.mark.parametrize(("leak", "kind", "operation"), [("survives", "survives", "home"), ("kept", "kept", "log in")])
def test_sessions(leak: str, kind: str, operation: str) -> None:
    """A session that goes on after a log-out that led on, whatever the browser was told to forget, is found; and so is
    one that a log-in keeps."""
    with (
        pages.serving(leak) as service,
        pytest.raises(Violation) as raised,
        Trial(service.target, b"key", 1, 2) as trial,
    ):
        work(trial)
    assert ("session", kind, operation) in {finding.identity for finding in raised.value.findings}


def test_shown_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stream showed is shown again by replays, in the run and without it, which log in anew with other
    passwords; a sound service does not show it."""
    monkeypatch.setattr("partywall.drive.replay.LISTENED_S", 0.1)
    monkeypatch.setattr("partywall.reporting.replay.run.LISTENED_S", 0.1)
    with pages.serving("events") as service:
        trial = Trial(service.target, b"key", 1, 2)
        listen(trial, browsers(trial))
        trial.close()
        [finding, *_] = judge(trial.history, pages.POLICY).verdict.findings
        assert finding.identity == ("ownership", "identifier", "events")
        budget = Budget(seconds=30, requests=2_000)
        write_evidence(tmp_path, [(finding, trial.history)], service.target, b"key", budget, first_number=100)
        folder = tmp_path / "findings" / finding.id
        files = "\n".join(each.read_text() for each in folder.iterdir())
        assert not [secret for secret in service.secrets if secret in files]
        assert replayed(folder, service, monkeypatch) == (1, True)
    witness = json.loads((folder / "witness.json").read_text())
    assert (witness["reproduced"], witness["minimal"]) == (witness["tries"], True)
    assert [step["operation"] for step in witness["program"]["steps"] if step["listens"]] == ["events"]
    with pages.serving() as service:
        assert replayed(folder, service, monkeypatch) == (0, False)


def replayed(folder: Path, service: pages.Pages, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bool]:
    """Exit status of the replay's source, and whether it says that it was shown."""
    admitted = [service.admit(f"Shop {n}") for n in range(2)]
    ready = {
        "url": service.url,
        "api_keys": [each.headers[0][1].removeprefix("Bearer ") for each in admitted],
        "account_ids": [each.account for each in admitted],
        "operator_url": f"{service.url}/operator",
        "operator_key": pages.OPERATOR_KEY,
    }
    said: list[str] = []
    monkeypatch.setattr(replay_main, "PROGRAM", json.loads((folder / "witness.json").read_text())["program"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(ready) + "\n"))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=said.append))
    return replay_main.main(["--ready", "-"]), said[0].startswith("reproduced")


PAGE = b'<form><input name=q><INPUT value="a&amp;b" type="hidden" name="token"></form>'


def test_hidden_fields() -> None:
    """The token of a form is read by whoever sends it: in a run, and in a replay without it."""
    assert hidden(PAGE, "token") == hidden_in(PAGE.decode(), "token") == "a&b"
    assert hidden(PAGE, "other") == hidden_in(PAGE.decode(), "other") == hidden_in(PAGE.decode(), "") == ""


@pytest.mark.parametrize("parse", [places.parse, document])
def test_events_are_a_document(parse: object) -> None:
    """Whole events are the list of the documents that they carry; what has none is no document."""
    assert callable(parse)
    stream = (
        b': hello\n\nevent: x\ndata: {"id":\ndata: 1}\n\ndata: no document\n\nid: 2\r\ndata:[2]\r\n\r\ndata: {"id": 3}'
    )
    assert parse(stream) == [{"id": 1}, [2]]
    assert parse(b": only a comment\n\n") is None
