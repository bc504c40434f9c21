"""Strategies: who goes on where more than one could. One file each, one method each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class Lane:
    """A source whose steps stay in order: a session's callbacks, a timer, a database connection, a thread.

    Attributes:
        number: unique in a run, in order of appearance.
        born: number of its oldest waiting step, rising in time; session: for whom that step runs.
    """

    number: int
    label: str
    external: bool
    born: int = 0
    session: str = ""


class Strategy(Protocol):
    """Decides one run. Made anew for each; two made alike decide alike."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def pick(self, lanes: Sequence[Lane], default: int, session: str, step: int) -> int:
        """Which lane's oldest step runs now, as an index into ``lanes`` (two at least).

        ``default`` is the one that runs by default; ``session`` is whose step ran last, its ``step``-th.
        """
        ...
