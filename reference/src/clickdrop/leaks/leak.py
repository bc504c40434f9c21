"""What a planted leak is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickdrop.parts import Parts


EMBEDDED, PRODUCTION, BOTH = "embedded", "production", "both"


class Difficulty(StrEnum):
    """What the leak takes to show, beyond one tenant's request after another's."""

    SEQUENTIAL = "sequential"
    EQUAL_DATA = "equal data"
    OVERLAP = "overlap"
    ORDER = "order"
    CANCELLATION = "cancellation"
    WARM_UP = "warm-up"
    REVOCATION = "revocation"


@dataclass(frozen=True, slots=True)
class Leak:
    """One mechanism of a real incident, and how to build it in.

    `leak_class` is the class of the taxonomy, `incidents` are the catalogue's numbers, `difficulty` is what it takes to
    show, `stack` is where it leaks (embedded, production or both), `trigger` is what brings it about and `mechanism`
    what then goes wrong.
    """

    name: str
    leak_class: str
    incidents: tuple[str, ...]
    difficulty: Difficulty
    trigger: str
    mechanism: str
    plant: Callable[[Parts], Parts]
    stack: str = EMBEDDED
