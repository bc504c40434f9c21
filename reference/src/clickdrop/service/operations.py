"""What operators tell the public, and closing the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.domain.errors import NotFound
from clickdrop.domain.status import Component

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from clickdrop.domain.ports.storage import Storage, UnitOfWork
    from clickdrop.domain.status import Gate, GateState, Incident

CLOSED_TITLE = "Closed as a protective measure"


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What the status page says."""

    gate: GateState
    incidents: Sequence[Incident]

    @property
    def components(self) -> list[tuple[Component, bool]]:
        """Each part of the platform, and whether nothing is known to be wrong with it."""
        wrong = {incident.component for incident in self.incidents if not incident.resolved}
        everything = self.gate.closed or Component.PLATFORM in wrong
        return [(part, not (everything or part in wrong)) for part in Component if part is not Component.PLATFORM]


class Operations:
    """The use cases of the status page and of containment."""

    def __init__(self, storage: Storage, gate: Gate, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._gate = gate
        self._clock = clock

    async def status(self) -> PublicStatus:
        """Answer what the public is told."""
        async with self._storage.public() as work:
            return PublicStatus(await work.status.gate(), await work.status.incidents())

    async def close(self, reason: str) -> None:
        """Serve nobody from this moment on, and say so: first the deed, then the word."""
        await self._gate.set(closed=True, now=self._clock())
        async with self._storage.administering() as work:
            if not await self._update_closings(work, reason, resolved=False):
                await work.status.add_incident(CLOSED_TITLE, Component.PLATFORM, reason, self._clock())

    async def open(self, reason: str) -> None:
        """Serve again, and say so."""
        async with self._storage.administering() as work:
            await self._update_closings(work, reason, resolved=True)
        await self._gate.set(closed=False, now=self._clock())

    async def report(self, title: str, component: Component, text: str) -> int:
        """Tell of an incident, and answer its number."""
        async with self._storage.administering() as work:
            return await work.status.add_incident(title, component, text, self._clock())

    async def update(self, incident: int, text: str, *, resolved: bool) -> None:
        """Tell more of an incident, and perhaps that it is over; raises `NotFound`."""
        async with self._storage.administering() as work:
            if not await work.status.update_incident(incident, text, self._clock(), resolved=resolved):
                raise NotFound("There is no such incident.")

    async def _update_closings(self, work: UnitOfWork, reason: str, *, resolved: bool) -> bool:
        """Tell more of the closing that is not over; false if there is none."""
        closings = [i for i in await work.status.incidents() if i.title == CLOSED_TITLE and not i.resolved]
        for incident in closings:
            await work.status.update_incident(incident.id, reason, self._clock(), resolved=resolved)
        return bool(closings)
