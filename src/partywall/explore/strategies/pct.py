"""Probabilistic concurrency testing: random priorities, lowered at a few random steps.

Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs"
(ASPLOS 2010): a bug that needs d ordering constraints is found with a probability of at least 1 / (n k^(d-1)).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.explore.strategies import Lane


class Pct:
    """Each lane has a priority; at ``depth`` - 1 of the first ``length`` decisions the winner's falls below all."""

    def __init__(self, seed: int, depth: int, length: int) -> None:
        self.name = f"pct{depth}"
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._changes = {self._random.randrange(1, max(2, length)) for _ in range(depth - 1)}
        self._priorities: dict[int, float] = {}
        self._decisions = 0
        self._lowest = 0.0

    def pick(self, lanes: Sequence[Lane], default: int, session: str, step: int) -> int:
        """The lane of highest priority."""
        del default, session, step
        self._decisions += 1
        best = self._highest(lanes)
        if self._decisions in self._changes:
            self._lowest -= 1
            self._priorities[lanes[best].number] = self._lowest
            best = self._highest(lanes)
        return best

    def _highest(self, lanes: Sequence[Lane]) -> int:
        best, highest = 0, float("-inf")
        for index, lane in enumerate(lanes):
            priority = self._priorities.get(lane.number)
            if priority is None:
                priority = self._priorities[lane.number] = 1 + self._random.random()
            if priority > highest:
                best, highest = index, priority
        return best
