"""What the public is told, in the database, and whether the platform is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from clickdrop.adapters.database import upserts
from clickdrop.adapters.database.tables import gate, incident_updates, incidents
from clickdrop.domain.status import Component, GateState, Incident, Update

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_SHOWN = 50
_ONLY = 1


class SqlStatus:
    """The port `StatusStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def gate(self) -> GateState:
        """Answer whether the platform is closed."""
        row = (await self._connection.execute(select(gate).where(gate.c.id == _ONLY))).one_or_none()
        return GateState(closed=False, since=None) if row is None else GateState(row.closed, row.since)

    async def set_gate(self, *, closed: bool, now: datetime) -> None:
        """Close or open the platform."""
        statement = upserts.insert(self._connection, gate).values(id=_ONLY, closed=closed, since=now)
        changed = {"closed": closed, "since": now}
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))

    async def incidents(self) -> list[Incident]:
        """Answer the last incidents, the newest first."""
        rows = (await self._connection.execute(select(incidents).order_by(incidents.c.id.desc()).limit(_SHOWN))).all()
        said: dict[int, list[Update]] = {row.id: [] for row in rows}
        statement = select(incident_updates).where(incident_updates.c.incident_id.in_(said))
        for row in await self._connection.execute(statement.order_by(incident_updates.c.id)):
            said[row.incident_id].append(Update(row.time, row.text))
        return [
            Incident(row.id, row.title, Component(row.component), row.resolved, tuple(said[row.id])) for row in rows
        ]

    async def add_incident(self, title: str, component: Component, text: str, now: datetime) -> int:
        """Add an incident with its first update."""
        statement = insert(incidents).values(title=title, component=component, resolved=False)
        incident: int | None = await self._connection.scalar(statement.returning(incidents.c.id))
        assert incident is not None, "an insert answers its row"
        await self._say(incident, text, now)
        return incident

    async def update_incident(self, incident: int, text: str, now: datetime, *, resolved: bool) -> bool:
        """Add an update; false if there is no such incident."""
        statement = update(incidents).where(incidents.c.id == incident).values(resolved=resolved)
        if not (await self._connection.execute(statement)).rowcount:
            return False
        await self._say(incident, text, now)
        return True

    async def _say(self, incident: int, text: str, now: datetime) -> None:
        await self._connection.execute(insert(incident_updates).values(incident_id=incident, time=now, text=text))
