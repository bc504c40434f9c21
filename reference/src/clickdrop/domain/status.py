"""What the public is told about the platform: whether it is open, and what has gone wrong with which part, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

OPEN_PATHS = ("/status", "/health", "/operator/containment", "/operator/incidents")
OPEN_PREFIXES = ("/static/", "/operator/incidents/", "/operator/credentials/")
"""What is served while the platform is closed: what is no tenant's, and to the operator alone, the audit log."""


class Component(StrEnum):
    """A part of the platform, as its users see it."""

    WEBSITE = "Website"
    API = "API"
    LABELS = "Labels"
    PLATFORM = "Whole platform"


@dataclass(frozen=True, slots=True)
class Update:
    """What was said about an incident at a time."""

    time: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong, from its first update to its last if it is resolved."""

    id: int
    title: str
    component: Component
    resolved: bool
    updates: tuple[Update, ...]


@dataclass(frozen=True, slots=True)
class GateState:
    """Whether the platform is closed, and since when it is as it is."""

    closed: bool
    since: datetime | None


class StatusStore(Protocol):
    """What the public is told; it is nobody's."""

    async def gate(self) -> GateState:
        """Answer whether the platform is closed."""
        ...

    async def set_gate(self, *, closed: bool, now: datetime) -> None:
        """Close or open the platform."""
        ...

    async def incidents(self) -> list[Incident]:
        """Answer the last incidents, the newest first."""
        ...

    async def add_incident(self, title: str, component: Component, text: str, now: datetime) -> int:
        """Add an incident with its first update."""
        ...

    async def update_incident(self, incident: int, text: str, now: datetime, *, resolved: bool) -> bool:
        """Add an update; false if there is no such incident."""
        ...


class Gate(Protocol):
    """Whether the platform serves anybody, asked before a request is carried out and before anything is sent."""

    async def prepare(self) -> None:
        """Get ready to be asked, once the database is."""
        ...

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment; what it raises means that nobody knows."""
        ...

    async def set(self, *, closed: bool, now: datetime) -> None:
        """Close or open the platform for all processes; when this returns, they know."""
        ...


class PlatformClosed(Exception):
    """What was about to leave the platform has not left it."""


async def require_open(gate: Gate) -> None:
    """Raise `PlatformClosed` if it is closed: asked by whoever sends something out, with nothing to wait for after."""
    if await gate.is_closed():
        raise PlatformClosed
