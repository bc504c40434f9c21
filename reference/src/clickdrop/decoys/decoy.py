"""What a decoy is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.leaks.leak import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickdrop.parts import Parts


@dataclass(frozen=True, slots=True)
class Decoy:
    """Something that looks like a leak and is none, and how to build it in.

    `looks_like` is what an observer sees, `reason` why nobody is harmed. One that is `declared` is right only because
    somebody says that it is meant: whoever tests the service has to be told.
    """

    name: str
    looks_like: str
    reason: str
    plant: Callable[[Parts], Parts]
    declared: bool = False
    stack: str = EMBEDDED
