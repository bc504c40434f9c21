"""The surroundings of a service of several processes: an SQLite file for what they share, and sockets."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.partywall.explore.races.world import Link, Table, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

ASKED, STORE, CORRECT = "RACES_ASKED", "RACES_STORE", "RACES_CORRECT"
"""Variables that tell a worker where both are, and whether it is to be correct."""
LOCK_S = 30.0


class SocketLink(Link):
    """A connection over which questions and replies go as lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self._reader, self._writer = reader, writer

    async def ask(self, question: str) -> str:
        """One exchange; whoever leaves between its two lines leaves the second to the next."""
        self._writer.write(f"{question}\n".encode())
        return (await self._reader.readline()).decode().removesuffix("\n")

    def close(self) -> None:
        """Close it."""
        self._writer.close()


class StoredTable(Table):
    """Rows of the file."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__()
        self._connection, self._name = connection, name

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default."""
        asked = "SELECT value FROM kept WHERE name = ? AND key = ?"
        row = self._connection.execute(asked, (self._name, key)).fetchone()
        return default if row is None else json.loads(row[0])

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""
        row = (self._name, key, json.dumps(value))
        self._connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", row)

    def add(self, value: Any) -> None:
        """Keep a value after the others."""
        added = "INSERT INTO kept SELECT ?, count(*), ? FROM kept WHERE name = ?"
        self._connection.execute(added, (self._name, json.dumps(value), self._name))

    def values(self) -> list[Any]:
        """All values, in order."""
        asked = "SELECT value FROM kept WHERE name = ? ORDER BY rowid"
        return [json.loads(value) for (value,) in self._connection.execute(asked, (self._name,))]

    def clear(self) -> None:
        """Forget all."""
        self._connection.execute("DELETE FROM kept WHERE name = ?", (self._name,))


class Sockets(World):
    """The surroundings of one race's service in one worker. A tenant's credential is its name in base 64, so that
    workers need nobody to know it."""

    def __init__(self, race: str, port: int, store: str) -> None:
        super().__init__({})
        self._race, self._port = race, port
        self._idle: list[SocketLink] = []
        self._store = sqlite3.connect(store, timeout=LOCK_S, isolation_level=None)
        for setting in ("synchronous = OFF", "journal_mode = MEMORY"):
            self._store.execute(f"PRAGMA {setting}")

    def create(self) -> None:
        """Make the file's one table."""
        self._store.execute("CREATE TABLE kept (name, key, value, UNIQUE (name, key))")
        self._store.close()

    def name(self, request: Request) -> str:
        """The name of the tenant that calls."""
        return base64.urlsafe_b64decode(request.headers["authorization"].removeprefix("Bearer ")).decode()

    async def io(self) -> None:
        """One round trip. A connection that was left in the middle of one is not used again."""
        link = self._idle.pop() if self._idle else await self.link()
        try:
            await link.ask("")
        except BaseException:
            link.close()
            raise
        self._idle.append(link)

    def blocking_io(self) -> None:
        """One round trip, on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self._port)) as link:
            link.sendall(b"\n")
            link.recv(1)

    async def link(self) -> SocketLink:
        """A new connection."""
        return SocketLink(*await asyncio.open_connection("127.0.0.1", self._port))

    def table(self, name: str) -> Table:
        """The table of this name."""
        return StoredTable(self._store, f"{self._race}: {name}")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """A transaction that no other worker's comes between."""
        self._store.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._store.execute("COMMIT")
