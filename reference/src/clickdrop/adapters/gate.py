"""Whether the platform is open: in the database for all processes, and in a file for the edge."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.status import Gate

_log = logging.getLogger(__name__)


class SqlGate:
    """The port `Gate` in the database, which is asked each time. A database that does not answer is closed."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment."""
        try:
            return await self._storage.is_closed()
        except Exception as error:  # whatever it is, nobody knows that the platform is open
            _log.warning("the gate cannot be read: %r", error)
            return True

    async def set(self, *, closed: bool, now: datetime) -> None:
        """Close or open the platform."""
        async with self._storage.administering() as work:
            await work.status.set_gate(closed=closed, now=now)


class RememberedGate:
    """The port `Gate` of a process that is alone with its database: it asks once, and remembers what it sets."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._closed: bool | None = None

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment."""
        if self._closed is None:
            self._closed = await self._gate.is_closed()
        return self._closed

    async def set(self, *, closed: bool, now: datetime) -> None:
        """Close or open the platform. What was being sent stops before the database knows."""
        if closed:
            self._closed = True
        await self._gate.set(closed=closed, now=now)
        self._closed = closed


class GateWithEdge:
    """The port `Gate` that the edge minds too: it serves nobody while a file is there."""

    def __init__(self, gate: Gate, file: Path) -> None:
        self._gate = gate
        self._file = file

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment."""
        return await self._gate.is_closed()

    async def set(self, *, closed: bool, now: datetime) -> None:
        """Close the edge first and open it last: what is open in one place only is closed."""
        if closed:
            self._file.touch()
        await self._gate.set(closed=closed, now=now)
        if not closed:
            self._file.unlink(missing_ok=True)
