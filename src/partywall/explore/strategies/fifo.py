"""First in, first out: what an unhurried loop does. The baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.explore.strategies import Lane


class Fifo:
    """The oldest waiting step runs."""

    name = "fifo"

    def pick(self, lanes: Sequence[Lane], default: int, session: str, step: int) -> int:
        """The oldest."""
        del default, session, step
        return min(range(len(lanes)), key=lambda index: lanes[index].born)
