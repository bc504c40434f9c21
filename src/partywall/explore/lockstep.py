"""Lockstep: everybody at once, in the order in which an unhurried loop runs them. Cheap, and finds the gross."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from partywall.explore.programme import Operations
from partywall.explore.schedule import Schedule
from partywall.explore.strategies.fifo import Fifo

if TYPE_CHECKING:
    from partywall.explore.search import Guarantee, Search


@dataclass(frozen=True, slots=True)
class Lockstep:
    """Each pair once, then ``programmes`` longer ones in which clients collide."""

    programmes: int = 50
    operations_max: int = 2
    name: ClassVar[str] = "lockstep"

    def explore(self, search: Search) -> Guarantee | None:
        """Run them, first in first out."""
        for _, programme in search.pairs():
            search.run(programme, Fifo(), Schedule(programme.names, stock=True))
        if isinstance(search.work, Operations):
            for index in range(self.programmes):
                chance = random.Random(f"{search.seed} lockstep {index}")  # noqa: S311  # repeatable
                programme = search.work.drawn(chance, self.operations_max)
                search.run(programme, Fifo(), Schedule(programme.names, seed=index, stock=True))
        return None
