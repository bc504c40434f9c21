"""Loads: their bounds, what they record, what they keep, and that no session is ever mixed with another."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from partywall.drive.load import Pace
from partywall.drive.loop import LoopThread
from partywall.drive.trial import Trial
from partywall.errors import Inconclusive, UsageError, Violation
from partywall.model import Request
from partywall.oracle.coverage import overlaps
from scripts import driver_isolation
from tests.partywall import logins, notes
from tests.partywall.drive import echoing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.drive.load import Steps, Workflow
    from partywall.model import Exchange, Tenant


@pytest.fixture
def service() -> Iterator[notes.Notes]:
    with notes.serving() as running:
        yield running


def working(trial: Trial) -> Workflow:
    """A workflow of the notes: make one, look at it and at all."""

    def steps(tenant: Tenant) -> Steps:
        made = yield notes.create(trial.mark(tenant))
        yield notes.get(json.loads(made.body)["id"])
        yield notes.listing()
        yield notes.me()

    return steps


def test_closed_loop(service: notes.Notes) -> None:
    """A closed loop sends so many requests and no more, in sessions of their own, into the trial's history, and
    counts the overlaps that the history shows."""
    with Trial(notes.target(service.url), b"key", 1, 3) as trial:
        loaded = trial.load([working(trial)], sessions=6, seconds=60, requests=120)
        history = trial.history
    assert (loaded.requests, loaded.answered, loaded.faults, loaded.foreign) == (120, 120, 0, 0)
    assert {e.session for e in history.exchanges} == {f"{tenant}/{n}" for tenant in "ABC" for n in (1000, 1001)}
    assert len({(e.session, e.connection) for e in history.exchanges}) == 6
    assert sum(loaded.overlaps.values()) == pytest.approx(sum(overlaps(history).values()), rel=0.2)
    assert [e.number for e in history.exchanges] == list(range(120))


def test_leak_is_found(service: notes.Notes) -> None:
    """A foreign mark is seen on the load's own path, kept, and judged like any other."""
    service.leak = "list"
    with pytest.raises(Violation, match="list: body shows"), Trial(notes.target(service.url), b"key", 1, 2) as trial:
        loaded = trial.load([working(trial)], sessions=4, seconds=60, requests=80, reads_kept=0)
        assert 0 < loaded.foreign <= loaded.kept < 80


def test_workers_restart() -> None:
    """Workers are told to start anew when equal parts of a load are used up, and the history says from when on."""
    told: list[float] = []
    heard: list[Exchange] = []
    with echoing.serving() as port:
        target = replace(echoing.target(port), restart_worker=lambda: told.append(len(heard)))
        with Trial(target, b"key", 1, 2, heard=heard.append) as trial:
            loaded = trial.load([who], sessions=2, seconds=60, requests=300, restarts=2)
            assert (loaded.restarts, len(told)) == (2, 2)
            after = [e.number for e in heard if "worker-restart" in e.provocations]
            assert sorted(after) == list(range(min(after), 300))
            assert 99 <= min(after) <= 101
        with (
            pytest.raises(Inconclusive, match=r"Target\.restart_worker"),
            Trial(echoing.target(port), b"key", 1, 2) as trial,
        ):
            trial.load([who], sessions=2, seconds=60, requests=10, restarts=1)


def test_reads_are_left_out() -> None:
    """Beyond the reads that are kept, memory holds none; the run is told of each."""
    heard: list[Exchange] = []
    with echoing.serving() as port, Trial(echoing.target(port), b"key", 1, 2, heard=heard.append) as trial:
        loaded = trial.load([who], sessions=2, seconds=60, requests=400, reads_kept=50)
        assert (loaded.requests, loaded.kept) == (400, 50)
        assert len(trial.history.exchanges) == 50
        assert sorted(e.number for e in heard) == list(range(400))


def who(_: Tenant) -> Steps:
    """Ask who one is, twice."""
    yield Request("who", "GET", "/one")
    yield Request("who", "GET", "/two", query=(("a b", "c&d"),), headers=(("X-More", "1"),))


def test_open_loop() -> None:
    """An open loop begins workflows as they are due, and says how many found nobody free."""
    with echoing.serving() as port, Trial(echoing.target(port), b"key", 1, 2) as trial:
        loaded = trial.load([who], sessions=2, seconds=60, requests=100, rate=1e6)
    assert loaded.requests == 100
    assert loaded.missed > 0


@pytest.mark.parametrize(("rate", "ramp_s"), [(10.0, 0.0), (10.0, 4.0)])
def test_arrivals(rate: float, ramp_s: float) -> None:
    """Arrivals come at the rate; while it is ramped up, as many as half of it would bring."""
    pace = Pace(100, 10**6, rate, ramp_s)
    due = [pace.arrival_s(number) for number in range(100)]
    assert due == sorted(due)
    assert due[0] == 0
    assert sum(at < ramp_s for at in due) == int(rate * ramp_s / 2)
    assert due[-1] - due[-11] == pytest.approx(10 / rate)


@pytest.mark.parametrize("bad", [{"seconds": 0}, {"requests": 0}, {"rate": 0.0}, {"ramp_s": -1.0}])
def test_misuse(bad: dict[str, float]) -> None:
    """A load without bounds is refused."""
    with pytest.raises(UsageError, match="a load takes"):
        Pace(**{"seconds": 1, "requests": 1, **bad})  # type: ignore[arg-type]


def test_no_overlap() -> None:
    """A load whose tenants never overlapped proves nothing."""
    with (
        echoing.serving() as port,
        pytest.raises(Inconclusive, match="no two tenants' requests overlapped"),
        Trial(echoing.target(port), b"key", 1, 2) as trial,
    ):
        trial.load([who], sessions=2, seconds=60, requests=1)


def test_workflow_fails() -> None:
    """An error in a workflow ends the load and is raised."""

    def fails(_: Tenant) -> Steps:
        yield Request("who", "GET", "/")
        raise LookupError("its own")

    with (
        echoing.serving() as port,
        pytest.raises(LookupError, match="its own"),
        Trial(echoing.target(port), b"key", 1, 2) as trial,
    ):
        trial.load([fails], sessions=2, seconds=60, requests=50)


def test_sessions_are_not_mixed() -> None:
    """Each session is answered with its own credential and cookie, while many are in flight."""
    with echoing.serving() as port, Trial(echoing.target(port), b"key", 1, 40) as trial:
        trial.load([who], sessions=80, seconds=60, requests=4_000)
        assert len(trial.history.exchanges) == 4_000
        assert not any(echoing.mixed(exchange) for exchange in trial.history.exchanges)
        assert json.loads(trial.history.exchanges[-1].body)["cookie"]


def test_credentials_are_adopted_and_hidden() -> None:
    """What a log-in issues is used by the session that got it, and is recorded as a pseudonym."""

    def steps(tenant: Tenant) -> Steps:
        yield logins.log_in(trial.account(tenant))
        yield logins.create(trial.mark(tenant))
        shown = yield logins.SHOW
        assert shown.status == 200

    with logins.serving() as service, Trial(service.target, b"key", 1, 2) as trial:
        trial.load([steps], sessions=4, seconds=60, requests=24)
        written = repr(trial.history.exchanges)
        assert len(service.issued) >= 4
        assert not any(secret in written for secret in service.issued)


def test_loop_thread() -> None:
    """What is left running is cancelled when the loop is closed, and errors come back to who asked."""
    ended = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def begin() -> None:
        tasks.append(asyncio.ensure_future(forever()))

    async def fails() -> None:
        raise LookupError("its own")

    tasks: list[asyncio.Future[None]] = []
    with LoopThread() as loop:
        loop.run(begin())
        with pytest.raises(LookupError, match="its own"):
            loop.run(fails())
    assert ended == [True]


def test_cancelled_requests_mix_nothing() -> None:
    """Sessions some of whose requests are cancelled midway are answered with their own, on whatever connections."""
    with echoing.serving() as port:
        count = driver_isolation.run(3_000, 50, port)
    assert (count.mixed, count.faults) == (0, 0)
    assert count.cancelled > 20
    assert count.answered + count.cancelled == 3_000
