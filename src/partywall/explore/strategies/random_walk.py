"""Random walk: any waiting step, each as likely as the other."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.explore.strategies import Lane


class RandomWalk:
    """Good at wide windows, poor at those that need one session to stand still for long."""

    name = "random"

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # repeatable, not secret

    def pick(self, lanes: Sequence[Lane], default: int, session: str, step: int) -> int:
        """Any."""
        del default, session, step
        return int(self._random.random() * len(lanes))
