"""Sweep: exhaustive up to a bound, so that it ends in a guarantee.

Each pair of operations, in every start order: the run without a preemption; every run with one preemption, at every
step at which the session could have gone on, in favour of every session that could run; and one disconnect at every
step of each request. Within a session steps keep their order.

After Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded programs" (PLDI 2007),
with sessions in the place of threads.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from partywall.explore.schedule import Disconnect, Schedule, Switch
from partywall.explore.search import Guarantee
from partywall.explore.strategies.planned import Planned
from partywall.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.explore.programme import Programme
    from partywall.explore.search import Search


@dataclass(frozen=True, slots=True)
class Sweep:
    """All of it, or, if the budget ends first, no guarantee. ``disconnects``: with them."""

    disconnects: bool = True
    name: ClassVar[str] = "sweep"

    def explore(self, search: Search) -> Guarantee | None:
        """Go through all pairs."""
        pairs, before, held = 0, search.schedules, True
        for _, programme in search.pairs():
            held = self._swept(search, programme) and held
            pairs += 1
        return Guarantee(pairs, search.schedules - before, self.disconnects) if held else None

    def _swept(self, search: Search, programme: Programme) -> bool:
        held = True
        for order in orders(programme):
            plan = Planned()
            plain = search.run(programme, plan, Schedule(order))
            held = held and plain.verdict.outcome is Outcome.HELD
            for switch in switches(plan):
                run = search.run(programme, Planned((switch,)), Schedule(order))
                held = held and run.verdict.outcome is Outcome.HELD
            for gone in disconnects(plain.request_steps) if self.disconnects else ():
                run = search.run(programme, Planned(), Schedule(order, disconnect=gone))
                held = held and run.verdict.outcome is Outcome.HELD
        return held


def orders(programme: Programme) -> Iterator[tuple[str, ...]]:
    """Every order of the sessions that send something."""
    return itertools.permutations(client.name for client in programme.clients if client.requests)


def switches(plan: Planned) -> Iterator[Switch]:
    """One more preemption, wherever a run that followed a plan had room for it."""
    for session, step, others in plan.points:
        for other in others:
            yield Switch(session, step, other)


def disconnects(request_steps: dict[tuple[str, int], int]) -> Iterator[Disconnect]:
    """A hang-up at every step of every request, by how many steps each took."""
    for (session, request), steps in request_steps.items():
        for step in range(steps + 1):
            yield Disconnect(session, request, step)
