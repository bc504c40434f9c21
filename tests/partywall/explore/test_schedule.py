"""Schedules: saved, read, replayed in other processes, and told apart."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywall.errors import Inconclusive, UsageError
from partywall.explore import Disconnect, Lockstep, Recording, Schedule, Switch, explore, load, replay
from partywall.explore.portfolio import STRATEGIES
from partywall.explore.run import Runner
from partywall.model import Outcome
from partywall.policy import Policy
from tests.partywall.explore.races.race import NAMES
from tests.partywall.explore.small import BOTH, run, said, subject

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

names, counts = st.sampled_from(["A", "B", "app"]), st.integers(0, 10_000)
schedules = st.builds(
    Schedule,
    order=st.permutations(["A", "B"]).map(tuple),
    switches=st.lists(st.builds(Switch, names, counts, names, st.integers(0, 3), st.booleans()), max_size=9).map(tuple),
    disconnect=st.none() | st.builds(Disconnect, names, st.integers(0, 3), counts),
    seed=st.integers(0, 2**32),
    stock=st.booleans(),
)
recordings = st.builds(
    Recording,
    schedules,
    lanes=st.just(("A timer", "B timer")),
    steps=st.lists(st.integers(0, 1), max_size=30).map(tuple),
    outcome=st.just("0123456789ab"),
)


@given(recordings)
def test_written_and_read(recording: Recording) -> None:
    """A recording is the same after it was written and read, as JSON and as a short word."""
    assert load(recording.to_json()) == recording
    assert load(recording.to_text()) == recording


@pytest.mark.parametrize("text", ["", "pw1.", "pw1.AAAA", "{}", '{"format":2}', "[]", "pw1.é"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    """Anything else is refused with what was expected and what came."""
    with pytest.raises(UsageError, match="expected a schedule"):
        load(text)


def test_divergence_says_where_and_what() -> None:
    """Recordings that part say at which step, what was expected and what came."""
    schedule, lanes = Schedule(("A", "B")), ("A timer", "B timer")
    expected = Recording(schedule, lanes, (0, 0, 1), "x")
    assert expected.divergence(expected) == ""
    for steps, outcome, words in (
        ((0, 1, 1), "x", "at step 1 expected A timer, came B timer"),
        ((0, 0), "x", "at step 2 expected B timer, came the end"),
        ((0, 0, 1, 0), "x", "at step 3 expected the end, came A timer"),
        ((0, 0, 1), "y", "after the same 3 steps expected answers x, came y"),
    ):
        assert expected.divergence(Recording(schedule, lanes, steps, outcome)) == words


async def _grouped(request: Request) -> Response:
    """Sets of tasks and of cancel scopes, whose order is of no certainty by nature."""
    order: list[int] = []

    async def note(number: int) -> None:
        try:
            await asyncio.sleep(0.001 * (number % 3))
            await anyio.sleep(100)
        finally:
            order.append(number)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(note, number)
        await asyncio.sleep(0.002)
        group.cancel_scope.cancel()
    tasks = {asyncio.create_task(note(number)) for number in range(8)}
    await asyncio.wait(tasks, timeout=0.002)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return said([NAMES[request.headers["authorization"]], order, len({str(number) for number in order})])


PROBE = """
from tests.partywall.explore.test_schedule import fingerprints
print(fingerprints())
"""


def fingerprints() -> list[str]:
    """What every strategy makes of one programme."""
    found = []
    with Runner(subject(_grouped)) as runner:
        for make, seed, stock in itertools.product(STRATEGIES.values(), range(3), (False, True)):
            schedule = Schedule(BOTH.names, disconnect=Disconnect("A", 0, 20), seed=seed, stock=stock)
            result = runner.run(BOTH, make(seed, 60), schedule)
            found.append(result.recording.to_text() + repr([e.body for e in result.history.exchanges]))
    return found


def test_the_same_in_every_process() -> None:
    """Every strategy's runs are the same, step by step and byte by byte, in other processes with other hash seeds."""
    expected = fingerprints()
    for hash_seed in ("0", "4711"):
        other = subprocess.run(
            [sys.executable, "-c", PROBE],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.strip() == repr(expected)


def test_every_strategy_is_brought_back() -> None:
    """Whatever strategy decided a run, its recorded schedule leads to the same steps and answers."""
    with Runner(subject(_grouped)) as runner:
        for make, seed, stock in itertools.product(STRATEGIES.values(), range(5), (False, True)):
            gone = Disconnect("B", 0, seed * 3) if seed % 2 else None
            first = runner.run(BOTH, make(seed, 60), Schedule(BOTH.names, disconnect=gone, seed=seed, stock=stock))
            again = runner.replay(BOTH, first.schedule)
            assert first.recording.divergence(again.recording) == ""
            assert [e.body for e in first.history.exchanges] == [e.body for e in again.history.exchanges]


def test_what_is_not_brought_back_is_no_leak() -> None:
    """A finding whose replay goes another way is inconclusive, with the step at which it did, and never violated."""
    machine = itertools.count()

    async def endpoint(_request: Request) -> Response:
        # Something that no control of ours reaches differs from run to run.
        for _ in range(next(machine)):
            await asyncio.sleep(0)
        return said(list(NAMES.values()))

    service = subject(endpoint, policy=Policy(("x",)))
    result = explore(service, BOTH, stages=(Lockstep(),))
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert result.witnesses == ()
    assert "not brought back" in result.verdict.reasons[0]
    assert "expected" in result.verdict.reasons[0]
    with pytest.raises(Inconclusive, match=r"at step \d+ expected"):
        replay(service, BOTH, run(service).recording.to_text())
