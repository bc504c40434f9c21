"""Trials against a real service on a real socket: what is recorded, what is judged, what is never written."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from partywall.drive.trial import Trial
from partywall.errors import Inconclusive, Violation
from partywall.record import exchange_to_json
from tests.partywall import leaky, notes

if TYPE_CHECKING:
    from partywall.drive.session import Session
    from partywall.model import Request, Tenant


@pytest.fixture
def service() -> Iterator[notes.Notes]:
    with notes.serving() as running:
        yield running


def opened(service: notes.Notes, **more: object) -> Trial:
    """A trial of two tenants."""
    return Trial(notes.target(service.url), b"key", 1, 2, **more)  # type: ignore[arg-type]


def test_clean_trial(service: notes.Notes) -> None:
    """Tenants of a sound service see their own, the control sees nothing, and the trial is held."""
    with opened(service) as trial:
        for tenant in trial.tenants:
            made = json.loads(trial.send(tenant, notes.create(f"buy {trial.mark(tenant)}")).body)
            assert trial.send(tenant, notes.get(made["id"])).succeeded
            assert len(json.loads(trial.send(tenant, notes.listing()).body)["notes"]) == 1
        assert json.loads(trial.send(trial.control, notes.listing()).body)["notes"] == []


def test_leak_is_raised(service: notes.Notes) -> None:
    """Leaving a trial in which a foreign value showed raises a violation that tells the story."""
    service.leak = "list"
    with pytest.raises(Violation, match="list: body shows B a value of A") as raised, opened(service) as trial:
        a, b = trial.tenants
        trial.send(a, notes.create(trial.mark(a)))
        trial.send(b, notes.listing())
    assert {finding.viewer for finding in raised.value.findings} == {"B"}


def test_leak_is_raised_though_the_test_failed(service: notes.Notes) -> None:
    """A test that fails an assertion midway may have met the leak's doing: the leak is what is told."""
    service.leak = "list"
    with pytest.raises(Violation), opened(service) as trial:
        a, b = trial.tenants
        trial.send(a, notes.create(trial.mark(a)))
        trial.send(b, notes.listing())
        raise AssertionError("the test's own complaint")


def test_broken_service_is_inconclusive() -> None:
    """A service that is gone proves nothing: faults are recorded, and the trial is inconclusive."""
    with notes.serving() as service:
        trial = opened(service)
    with pytest.raises(Inconclusive, match="no response was judged"), trial:
        exchange = trial.send(trial.tenants[0], notes.listing())
        assert (exchange.status, exchange.succeeded) == (None, False)
        assert "ConnectError" in exchange.fault


def test_together_overlaps(service: notes.Notes) -> None:
    """Requests released together come back in the order given, named as such, each of its own session."""
    with opened(service) as trial:
        a, b = trial.tenants
        calls: list[tuple[Tenant | Session, Request]] = [
            (a, notes.create(trial.mark(a))),
            (b, notes.me()),
            (trial.session(a, 1), notes.listing()),
        ] * 5
        done = trial.together(calls)
        assert [exchange.operation for exchange in done] == ["create", "me", "list"] * 5
        assert {exchange.session for exchange in done} == {"A/0", "B/0", "A/1"}
        assert {exchange.provocations for exchange in done} == {("together:1",)}
        assert len({exchange.connection for exchange in done}) == 3
        assert sorted(exchange.number for exchange in trial.history.exchanges) == list(range(15))


def test_until_met() -> None:
    """What was released at one moment and did not meet is tried again, so many times; what met is not."""
    with leaky.running("race") as service, closing(Trial(service.target(), b"key", 1, 2)) as trial:
        attempts = []
        for attempt in trial.until_met(leaky.LIST):
            attempts.append(attempt)
            calls: list[tuple[Tenant | Session, Request]] = [(tenant, leaky.listing()) for tenant in trial.tenants]
            if attempt < 2:
                for call in calls:
                    trial.together([call])
            else:
                trial.together(calls)  # the service keeps each waiting until the other has come
        assert attempts == [0, 1, 2]
        assert list(trial.until_met(leaky.LIST, least=2)) == [0, 1]
        assert list(trial.until_met(leaky.LIST, leaky.ME)) == list(range(8))


def test_hang_up(service: notes.Notes) -> None:
    """A client that hangs up has no status; what had come by then is kept."""
    with opened(service) as trial:
        a, _ = trial.tenants
        trial.send(a, notes.create(trial.mark(a)))
        gone = trial.hang_up(a, notes.listing(), 0)
        patient = trial.hang_up(a, notes.listing(), 1_000)
        assert (gone.status, gone.fault, gone.provocations) == (None, "hung up after 0 ms", ("hang-up:0",))
        assert patient.body.startswith(b"HTTP/1.1 200")


def test_credentials_are_never_recorded(service: notes.Notes) -> None:
    """A credential that a response shows is recorded as a mark of its owner, and is a leak to anyone else."""
    heard: list[str] = []
    trial = opened(service, heard=lambda exchange: heard.append(json.dumps(exchange_to_json(exchange, 10**6))))
    a, b = trial.tenants
    keys = list(service.tenants)
    with pytest.raises(Violation), trial:
        service.notes[1] = (keys[1], f"the key of A is {keys[0]}")
        trial.send(b, notes.get(1))
        trial.send(a, notes.me())
    assert heard
    assert not any(key in line for key in keys for line in heard)
    assert keys[0] not in repr(trial.session(a).credential)
