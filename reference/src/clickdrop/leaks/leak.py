"""What a planted leak is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from clickdrop.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickdrop.adapters.database.engines import Engines


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
    show, `shows_by` are the properties, in words, that its mechanism breaks: a finding of another property has found
    something else. `stack` is where it leaks (embedded, production or both), `trigger` is what brings it about,
    `mechanism` what then goes wrong and `seen` what a customer would have seen of it, in the customer's words.
    """

    name: str
    leak_class: str
    incidents: tuple[str, ...]
    difficulty: Difficulty
    shows_by: tuple[str, ...]
    trigger: str
    mechanism: str
    seen: str
    plant: Callable[[Parts], Parts]
    stack: str = EMBEDDED

    @property
    def seam(self) -> tuple[str, ...]:
        """The fields of `Parts` that it exchanges."""
        correct = Parts(_no_engines)
        planted = self.plant(correct)
        names = (each.name for each in fields(Parts))
        return tuple(name for name in names if getattr(planted, name) is not getattr(correct, name))


def _no_engines() -> Engines:
    raise NotImplementedError("these parts are looked at, and nothing is built of them")
