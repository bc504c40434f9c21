"""From a race found in a long session to its smallest: partywall's reduction against Hypothesis' shrinking.

    PYTHONPATH=. python scripts/shrinking.py [SECONDS [NAME ...]]

Each race is hidden among twice the requests of its clients, found by the portfolio, and reduced. Hypothesis finds and
shrinks by itself what partywall's reduction works on: which requests are kept, the order of the sessions, a disconnect,
and up to six switches; it may spend so many seconds a race (60 by default). Prints schedules run, CPU-seconds, and
requests, preemptions and disconnects of what is left.
"""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from partywall.explore import Portfolio, Schedule
from partywall.explore.reduction import Reducer
from partywall.explore.run import Run, Runner
from partywall.explore.schedule import Disconnect, Switch
from partywall.explore.search import Enough, Search
from tests.partywall.explore.races import RACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.explore.programme import Programme
    from tests.partywall.explore.races.race import Race

SCHEDULES_MAX, SWITCHES_MAX, STEPS_MAX = 3_000, 6, 60


class SpentError(Exception):
    """The time is up."""


class Trying:
    """Runs what Hypothesis draws, and keeps the smallest that shows the race."""

    def __init__(self, race: Race, runner: Runner, programme: Programme, seconds: float) -> None:
        self.best: Run | None = None
        self.first = 0
        self._race, self._runner, self._programme = race, runner, programme
        self._until = time.process_time() + seconds

    def shows(self, drawn: Any) -> bool:
        """Does it show the race?"""
        if time.process_time() > self._until:
            raise SpentError
        kept, order, gone, switches = drawn
        flags = iter(kept)
        asked = {
            client.name: tuple(request for request in client.requests if next(flags))
            for client in self._programme.clients
        }
        programme = self._programme.asking({name: requests for name, requests in asked.items() if requests})
        schedule = Schedule(tuple(order), switches=tuple(switches), disconnect=gone)
        run = self._runner.replay(programme, schedule)
        shown = self._race.identity in run.identities
        self.first = self.first or (self._runner.runs if shown else 0)
        if shown and (self.best is None or size(run) <= size(self.best)):
            self.best = run
        return shown


def size(run: Run) -> tuple[int, int, int]:
    """Requests, preemptions, disconnects."""
    return run.programme.size, run.schedule.preemptions, int(run.schedule.disconnect is not None)


def drawings(programme: Programme) -> st.SearchStrategy[Any]:
    """Plan and schedule, as data that can be shrunk."""
    names = st.sampled_from(programme.names)
    switch = st.builds(Switch, names, st.integers(1, STEPS_MAX), names).filter(lambda s: s.session != s.to)
    gone = st.none() | st.builds(Disconnect, names, st.integers(0, 1), st.integers(0, STEPS_MAX))
    kept = st.lists(st.booleans(), min_size=programme.size, max_size=programme.size)
    return st.tuples(kept, st.permutations(programme.names), gone, st.lists(switch, max_size=SWITCHES_MAX))


def long(race: Race) -> Programme:
    """The race's programme, whose clients send everything twice."""
    clients = tuple(replace(each, requests=each.requests * 2) for each in race.programme.clients)
    return replace(race.programme, clients=clients)


def compared(race: Race, seconds: float) -> None:
    """Print a race's figures."""
    programme = long(race)
    with Runner(race.subject()) as runner:
        search = Search(runner, programme, 0, SCHEDULES_MAX)
        with contextlib.suppress(Enough):
            Portfolio(schedules=SCHEDULES_MAX).explore(search)
        found = search.found.get(race.identity)
        if found is None:
            print(f"{race.name}: not found in {SCHEDULES_MAX} schedules")
            return
        print(f"{race.name}: found at schedule {found.at} with {size(found.run)}")
        before, began = runner.runs, time.process_time()
        smallest = Reducer(runner, race.identity).smallest(found.run)
        _say("reduction", runner.runs - before, began, smallest)
        before, began = runner.runs, time.process_time()
        trying = Trying(race, runner, programme, seconds)
        told = settings(max_examples=100_000, database=None, suppress_health_check=list(HealthCheck), deadline=None)
        try:
            find(drawings(programme), trying.shows, settings=told)
            ended = ""
        except (SpentError, NoSuchExample) as error:
            ended = type(error).__name__
        first = f"first after {trying.first - before}" if trying.first else "never shown"
        _say("hypothesis", runner.runs - before, began, trying.best, f"({', '.join(filter(None, [first, ended]))})")


def _say(who: str, runs: int, began: float, best: Run | None, ended: str = "") -> None:
    left = "nothing" if best is None else str(size(best))
    print(f"  {who}: {runs} schedules, {time.process_time() - began:.1f} CPU-s, {left} {ended}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Compare the races named, or all."""
    seconds, names = float((*arguments, "60")[0]), arguments[1:] or list(RACES)
    print("requests, preemptions, disconnects")
    for name in names:
        compared(RACES[name], seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
