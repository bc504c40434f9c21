"""Whether the platform is open: in the database for all processes, and in a file for the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.status import Gate


class SqlGate:
    """The port `Gate` in the database, which is asked each time."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def prepare(self) -> None:
        """Do nothing: it is asked each time."""

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment."""
        return await self._storage.is_closed()

    async def set(self, *, closed: bool, now: datetime) -> None:
        """Close or open the platform."""
        async with self._storage.administering() as work:
            await work.status.set_gate(closed=closed, now=now)


class RememberedGate:
    """The port `Gate` of a process that is alone with its database: it asks once, and remembers what it sets."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._closed = True

    async def prepare(self) -> None:
        """Learn how it was left."""
        self._closed = await self._gate.is_closed()

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment."""
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

    async def prepare(self) -> None:
        """Prepare the gate; the file is there or not."""
        await self._gate.prepare()

    async def is_closed(self) -> bool:
        """Tell whether it is closed at this moment."""
        return await self._gate.is_closed()

    async def set(self, *, closed: bool, now: datetime) -> None:
        """Close the edge first and open it last: what is open in one place only is closed."""
        try:
            if closed:
                self._file.touch()
        finally:
            await self._gate.set(closed=closed, now=now)
        if not closed:
            self._file.unlink(missing_ok=True)
