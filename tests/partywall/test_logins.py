"""Sessions and keys that a real service issues while a trial runs: what is found, and that none is ever written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from partywall.drive.trial import Trial
from partywall.errors import Inconclusive, Violation
from partywall.record import exchange_to_json
from partywall.reduction.reduce import Budget
from partywall.reporting.evidence import write_evidence
from tests.partywall import logins, notes

if TYPE_CHECKING:
    from pathlib import Path


def work(trial: Trial) -> None:
    """Everyone logs in, works, logs in again, logs out and tries to go on; then with a key, until it is revoked."""
    for tenant in trial.tenants:
        user = trial.account(tenant)
        trial.send(tenant, logins.log_in(user))
        trial.send(tenant, logins.create(trial.mark(tenant)))
        trial.send(tenant, logins.SHOW)
        trial.send(tenant, logins.log_in(user))
        trial.send(tenant, logins.LOG_OUT)
        trial.send(tenant, logins.SHOW)
        key = json.loads(trial.operate(tenant, logins.issue(user), opens=1).body)
        trial.session(tenant, 1).send(logins.SHOW)
        trial.operate(tenant, logins.revoke(user, key["id"]))
        trial.session(tenant, 1).send(logins.SHOW)


def test_sound() -> None:
    """A service whose log-ins, log-outs and revocations do what they say is held."""
    with logins.serving() as service, Trial(service.target, b"key", 1, 2) as trial:
        work(trial)
        shown = [exchange for exchange in trial.history.exchanges if exchange.operation == "show"]
        assert [exchange.status for exchange in shown] == [200, 401, 200, 401] * 2


@pytest.mark.parametrize(
    ("leak", "kind", "operation"),
    [
        ("foreign", ("session", "foreign"), "log-in"),
        ("kept", ("session", "kept"), "log-in"),
        ("survives", ("session", "survives"), "show"),
        ("revoked", ("staleness", "revoked"), "show"),
    ],
)
def test_found(leak: str, kind: tuple[str, str], operation: str) -> None:
    """Each way in which a session or a key can go wrong is found, and named."""
    with (
        logins.serving(leak) as service,
        pytest.raises(Violation) as raised,
        Trial(service.target, b"k", 1, 2) as trial,
    ):
        work(trial)
    assert (*kind, operation) in {finding.identity for finding in raised.value.findings}


def test_nothing_issued_is_written() -> None:
    """Neither cookies nor keys that were issued on the way are recorded: equal ones have equal pseudonyms, which name
    their owner, and an undeclared cookie is hidden."""
    heard: list[str] = []
    with logins.serving() as service:
        trial = Trial(
            service.target, b"key", 1, 2, heard=lambda each: heard.append(json.dumps(exchange_to_json(each, 10**6)))
        )
        with trial:
            work(trial)
        written = "\n".join(heard)
        assert len(service.issued) == 6
        assert not any(secret in written for secret in (*service.issued, logins.OPERATOR_KEY, "undeclared-secret-1234"))
    log_in, create, *_ = trial.history.exchanges
    [(_, issued), *_] = [(n, v) for n, v in log_in.headers if n == "set-cookie" and v.startswith("sid=")]
    [pseudonym] = [value for header, value in create.credentials if header == "cookie"]
    assert issued.startswith(f"sid={pseudonym};")
    assert [mark.tenant for mark in trial.marks.find(pseudonym.encode())] == [trial.tenants[0].number]


def test_shown_again(tmp_path: Path) -> None:
    """A key that outlives its revocation is shown again by a replay, in which the operator takes part."""
    with logins.serving("revoked") as service:
        with pytest.raises(Violation) as raised, Trial(service.target, b"key", 1, 2) as trial:
            work(trial)
        [finding] = {f.identity: f for f in raised.value.findings if f.property == "staleness"}.values()
        budget = Budget(seconds=20, requests=400)
        write_evidence(tmp_path, [(finding, trial.history)], service.target, b"key", budget, first_number=100)
    witness = json.loads((tmp_path / "findings" / finding.id / "witness.json").read_text())
    steps = witness["program"]["steps"]
    assert witness["reproduced"] == witness["tries"] > 0
    assert [(step["operation"], step["session"]) for step in steps if step["session"] is None] == [
        ("issue", None),
        ("revoke", None),
    ]
    assert steps[0]["opens"] == {"session": 1, "token": "/key", "header": "Authorization", "prefix": "Bearer "}


def test_no_operator() -> None:
    """What takes an operator is inconclusive where there is none."""
    with notes.serving() as service:
        trial = Trial(notes.target(service.url), b"key", 1, 2)
        with pytest.raises(Inconclusive, match=r"Set Target\.operator"):
            trial.operate(trial.tenants[0], logins.issue("x"))
        trial.close()
