"""Partial-order sampling: each step has a random priority of its own.

Yuan, Yang, Gu, "Partial order aware concurrency sampling" (CAV 2018), without the new draw after a conflict, which
needs to know what steps touch.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.explore.strategies import Lane


class Pos:
    """The waiting step of highest priority runs."""

    name = "pos"

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._priorities: dict[int, float] = {}

    def pick(self, lanes: Sequence[Lane], default: int, session: str, step: int) -> int:
        """The lane whose oldest step has the highest priority."""
        del default, session, step
        best, highest = 0, -1.0
        for index, lane in enumerate(lanes):
            priority = self._priorities.get(lane.born)
            if priority is None:
                priority = self._priorities[lane.born] = self._random.random()
            if priority > highest:
                best, highest = index, priority
        return best
