"""Twins against a real service: the programme alone, in company, and alone again."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from partywall.config import Config
from partywall.errors import Inconclusive, Violation
from partywall.events import TrialJudged, Twinned
from partywall.gate import Tally
from partywall.record import HistoryFile, read_histories
from partywall.suite.isolation import Isolation
from tests.partywall import notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partywall.drive.trial import Trial
    from partywall.events import Event
    from partywall.model import History, Tenant
    from partywall.target import Target


def programme(trial: Trial, tenant: Tenant) -> None:
    """Make two notes, list, remove one, ask for what is not there."""
    made = [trial.send(tenant, notes.create(trial.mark(tenant))) for _ in range(2)]
    first = json.loads(made[0].body)["id"]
    for request in (notes.listing(), notes.get(first), notes.delete(first), notes.get(first), notes.listing()):
        trial.send(tenant, request)


def company(trial: Trial) -> None:
    """Everyone else makes a note and lists, at once."""
    others = trial.tenants[1:]
    trial.together([(t, request) for t in others for request in (notes.create(trial.mark(t)), notes.listing())])


def twins(leak: str, folder: Path) -> list[Event]:
    """What happens when twins are tried on a service, all of it recorded."""

    @contextmanager
    def fresh() -> Iterator[Target]:
        with notes.serving(leak) as another:
            yield notes.target(another.url)

    config = Config(seed=1, folder=folder)
    events: list[Event] = []
    with notes.serving(leak) as service, HistoryFile(folder / "history.ndjson", config) as write:
        target = notes.target(service.url, fresh)

        def emit(event: Event) -> None:
            events.append(event)
            write(event)

        isolation = Isolation(target, config, "t", emit)
        try:
            isolation.twins(programme, company, tenants=3)
        except Violation:
            assert leak
    return events


@pytest.mark.parametrize("leak", ["", "total"])
def test_twins(leak: str, tmp_path: Path) -> None:
    """A total over all tenants is found, a sound service is not said to leak, and the file gives the same again."""
    events = twins(leak, tmp_path)
    [twinned] = [event for event in events if isinstance(event, Twinned)]
    judged = {event.trial: event for event in events if isinstance(event, TrialJudged)}
    assert list(judged) == ["t/0", "t/2", "t/1"]
    assert (twinned.trial, twinned.alone) == ("t/1", ("t/0", "t/2"))
    found = judged["t/1"].judgement.verdict.findings
    assert {(f.kind, f.operation, f.place, f.viewer) for f in found} == (
        {("influence", "list", "/total", "A")} if leak else set()
    )
    written: History = read_histories(tmp_path / "history.ndjson")["t/1"]
    assert written == judged["t/1"].history
    again = Tally.again(tmp_path / "history.ndjson")
    assert [each.finding for each in again.found.values()] == list({f.id: f for f in reversed(found)}.values())


def test_nowhere_to_be_alone(tmp_path: Path) -> None:
    """A target that can't be started afresh has nowhere to be alone: inconclusive, with the reason."""
    with notes.serving() as service:
        isolation = Isolation(notes.target(service.url), Config(seed=1, folder=tmp_path), "t", lambda _event: None)
        with pytest.raises(Inconclusive, match=r"Target\.fresh"):
            isolation.twins(programme, company)


def test_company_that_stops_the_programme(tmp_path: Path) -> None:
    """A programme that can't go on in company is judged as far as it came, and is not held."""

    def picky(trial: Trial, tenant: Tenant) -> None:
        if len(trial.tenants) > 1:
            raise Inconclusive("too crowded")
        programme(trial, tenant)

    @contextmanager
    def fresh() -> Iterator[Target]:
        with notes.serving() as another:
            yield notes.target(another.url)

    with notes.serving() as service:
        target = notes.target(service.url, fresh)
        isolation = Isolation(target, Config(seed=1, folder=tmp_path), "t", lambda _event: None)
        with pytest.raises(Inconclusive, match="too crowded"):
            isolation.twins(picky, company)


def test_company_comes_to_its_end(tmp_path: Path) -> None:
    """Where the programme takes long, the others come as often as was said and no more."""
    *_, last, beyond = events = [threading.Event() for _ in range(4)]
    came = iter(events)

    def counted(trial: Trial) -> None:
        company(trial)
        next(came).set()

    def patient(trial: Trial, tenant: Tenant) -> None:
        programme(trial, tenant)
        if len(trial.tenants) > 1:
            assert last.wait(30)
            assert not beyond.wait(0.2)

    @contextmanager
    def cleared() -> Iterator[Target]:
        with notes.serving() as another:
            yield notes.target(another.url)

    with notes.serving() as service:
        isolation = Isolation(notes.target(service.url), Config(seed=1, folder=tmp_path), "t", lambda _event: None)
        isolation.twins(patient, counted, tenants=2, alone=cleared, rounds=2)
