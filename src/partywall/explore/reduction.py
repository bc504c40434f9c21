"""From a run that shows a failure to the smallest that shows the same: fewest preemptions, then fewest requests.

Deterministic: what is tried, and in what order, follows from the run alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from partywall.explore.portfolio import drawn
from partywall.explore.schedule import Schedule
from partywall.explore.strategies.planned import Planned
from partywall.explore.sweep import disconnects, orders, switches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.explore.programme import Programme
    from partywall.explore.run import Run, Runner
    from partywall.explore.schedule import Disconnect, Switch
    from partywall.explore.search import Identity

PREEMPTIONS_MAX = 3


@dataclass(frozen=True, slots=True)
class Reducer:
    """Reduces runs that show one failure.

    Attributes:
        bounded_max: runs of one exhaustive search, beyond which it is given up.
        sampled_max: runs of one search by chance.
    """

    runner: Runner
    identity: Identity
    bounded_max: int = 3_000
    sampled_max: int = 60

    def smallest(self, run: Run) -> Run:
        """The smallest run found that shows the failure. One that hangs up nobody is smaller than one that does."""
        best = self._fewest_preemptions(run)
        shrinking = True
        while shrinking:
            shrinking = False
            for programme in best.programme.smaller():
                found = self._shown(programme, best)
                if found is not None:
                    best, shrinking = found, True
                    break
        return self._fewest_preemptions(best)

    def on_stock_loop(self, run: Run) -> Run | None:
        """A run of the same programme in which callbacks keep an ordinary loop's order, None if none was found."""
        disconnecting = run.schedule.disconnect is not None
        found = self.bounded(run.programme, PREEMPTIONS_MAX, 1_000, disconnecting=disconnecting, stock=True)
        return found or self._sampled(run.programme, 400, disconnecting=disconnecting, stock=True)

    def bounded(
        self,
        programme: Programme,
        preemptions_max: int,
        runs_max: int,
        *,
        disconnecting: bool = False,
        stock: bool = False,
    ) -> Run | None:
        """The first run that shows it, of all with so many preemptions, by their number."""
        waiting: list[tuple[tuple[str, ...], Disconnect | None, tuple[Switch, ...]]]
        waiting = [(order, gone, ()) for order, gone in self._beginnings(programme, disconnecting, stock)]
        runs = 0
        for _ in range(preemptions_max + 1):
            following = []
            for order, gone, planned in waiting:
                if runs >= runs_max:
                    return None
                runs += 1
                plan = Planned(planned)
                run = self.runner.run(programme, plan, Schedule(order, disconnect=gone, stock=stock))
                if self.identity in run.identities:
                    return run
                following += [(order, gone, (*planned, switch)) for switch in switches(plan)]
            waiting = following
        return None

    def _beginnings(
        self, programme: Programme, disconnecting: bool, stock: bool
    ) -> Iterator[tuple[tuple[str, ...], Disconnect | None]]:
        for order in orders(programme):
            if not disconnecting:
                yield order, None
            else:
                plain = self.runner.run(programme, Planned(), Schedule(order, stock=stock))
                yield from ((order, gone) for gone in disconnects(plain.request_steps))

    def _sampled(self, programme: Programme, runs: int, *, disconnecting: bool, stock: bool = False) -> Run | None:
        last = None
        for index in range(runs):
            chance = random.Random(f"{self.identity} {index}")  # noqa: S311  # repeatable
            strategy, schedule = drawn(chance, programme, last, stock=stock)
            if not disconnecting:
                schedule = replace(schedule, disconnect=None)
            last = self.runner.run(programme, strategy, schedule)
            if self.identity in last.identities:
                return last
        return None

    def _shown(self, programme: Programme, best: Run) -> Run | None:
        """A run of a smaller programme that shows it with no more preemptions than the best so far."""
        limit = best.schedule.preemptions
        again = self.runner.replay(programme, best.schedule)
        if self.identity in again.identities and again.schedule.preemptions <= limit:
            return again
        disconnecting = best.schedule.disconnect is not None
        found = self.bounded(programme, min(limit, PREEMPTIONS_MAX), self.bounded_max, disconnecting=disconnecting)
        if found is None and limit > 1:
            sampled = self._sampled(programme, self.sampled_max, disconnecting=disconnecting)
            found = sampled and self._fewer_switches(sampled)
        return found if found is not None and found.schedule.preemptions <= limit else None

    def _fewest_preemptions(self, run: Run) -> Run:
        best = self._fewer_switches(run)
        if best.schedule.disconnect is not None:
            without = self.bounded(best.programme, 1, self.bounded_max)
            if without is not None:
                return without
        fewer = best.schedule.preemptions - 1
        if fewer >= 0:
            disconnecting = best.schedule.disconnect is not None
            found = self.bounded(
                best.programme, min(fewer, PREEMPTIONS_MAX), self.bounded_max, disconnecting=disconnecting
            )
            best = found or best
        return best

    def _fewer_switches(self, run: Run) -> Run:
        """Leave out switches, halves first, as long as the failure shows."""
        best = run
        size = max(1, len(best.schedule.switches) // 2)
        while True:
            shorter = self._without(best, size)
            if shorter is not None:
                best = shorter
            elif size == 1:
                return best
            else:
                size //= 2

    def _without(self, run: Run, size: int) -> Run | None:
        planned = run.schedule.switches
        for begin in range(0, len(planned), size):
            schedule = replace(run.schedule, switches=planned[:begin] + planned[begin + size :])
            found = self.runner.replay(run.programme, schedule)
            if self.identity in found.identities and len(found.schedule.switches) < len(planned):
                return found
        return None
