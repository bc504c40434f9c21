"""Portfolio: many strategies over longer programmes, for what needs more than one preemption.

None is best at everything: random walks win at wide windows, priorities at narrow ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from partywall.explore.programme import Operations
from partywall.explore.schedule import Disconnect, Schedule
from partywall.explore.strategies.fifo import Fifo
from partywall.explore.strategies.pct import Pct
from partywall.explore.strategies.pos import Pos
from partywall.explore.strategies.random_walk import RandomWalk

if TYPE_CHECKING:
    from partywall.explore.programme import Programme
    from partywall.explore.run import Run
    from partywall.explore.search import Guarantee, Search
    from partywall.explore.strategies import Strategy

Maker = Callable[[int, int], "Strategy"]
"""From a seed and the number of steps that a run takes."""

STRATEGIES: dict[str, Maker] = {
    "fifo": lambda _seed, _length: Fifo(),
    "random": lambda seed, _length: RandomWalk(seed),
    "pos": lambda seed, _length: Pos(seed),
    "pct2": lambda seed, length: Pct(seed, 2, length),
    "pct3": lambda seed, length: Pct(seed, 3, length),
}
WEIGHTS = {"fifo": 3, "random": 7, "pos": 3, "pct2": 2, "pct3": 5}
FIRST_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Portfolio:
    """``schedules`` runs, each with a programme, a strategy and perhaps a disconnect of its own.

    Attributes:
        only: name of the one strategy to use, "" for all by their weights.
        stock: callbacks in the order of an ordinary loop.
    """

    schedules: int = 2_000
    operations_max: int = 3
    only: str = ""
    stock: bool = False
    name: ClassVar[str] = "portfolio"

    def explore(self, search: Search) -> Guarantee | None:
        """Run them."""
        last: Run | None = None
        for index in range(self.schedules):
            chance = random.Random(f"{search.seed} portfolio {index}")  # noqa: S311  # repeatable
            work = search.work
            programme = work.drawn(chance, self.operations_max) if isinstance(work, Operations) else work
            last = search.run(programme, *drawn(chance, programme, last, only=self.only, stock=self.stock))
        return None


def drawn(
    chance: random.Random, programme: Programme, last: Run | None, *, only: str = "", stock: bool = False
) -> tuple[Strategy, Schedule]:
    """A strategy and what else decides a run: start order, and in every other run a disconnect, at a step drawn of a
    request drawn, as far as the run before tells how long requests are."""
    name = only or chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    length = len(last.recording.steps) if last else FIRST_LENGTH
    order = list(programme.names)
    chance.shuffle(order)
    seed = chance.getrandbits(32)
    gone = None
    if last is not None and last.request_steps and chance.random() < 0.5:
        longest = max(last.request_steps.values())
        asking = [client for client in programme.clients if client.requests]
        client = chance.choice(asking)
        gone = Disconnect(client.name, chance.randrange(len(client.requests)), chance.randrange(longest + 1))
    return STRATEGIES[name](seed, length), Schedule(tuple(order), disconnect=gone, seed=seed, stock=stock)
