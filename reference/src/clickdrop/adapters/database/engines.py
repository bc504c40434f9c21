"""Connections to the database, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from clickdrop.adapters.database.sqlite_dialect import DRIVER
from clickdrop.adapters.database.sqlite_file import make_tables
from clickdrop.adapters.database.tables import FIRST_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

ACCOUNT, KEY_DIGEST, TRACKING_NUMBER = "account_id", "key_digest", "tracking_number"
"""What a transaction can claim: that it acts for an account, or knows a key, the number of a parcel, or something else
that `Known` names."""


async def no_claim(connection: AsyncConnection, claim: str, value: str) -> None:
    """Claim nothing, in a database that asks for nothing."""
    del connection, claim, value


async def no_preparation() -> None:
    """Do nothing: the tables are there."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Engines for transactions that read one consistent state, that write, and that change accounts themselves.

    `claim` says to the database what a transaction may see, until its end. `prepare` makes the tables where that is
    the service's business.
    """

    reading: AsyncEngine
    writing: AsyncEngine
    administering: AsyncEngine
    claim: Callable[[AsyncConnection, str, str], Awaitable[None]] = no_claim
    prepare: Callable[[], Awaitable[None]] = no_preparation

    async def aclose(self) -> None:
        """Close all connections."""
        for engine in (self.reading, self.writing, self.administering):
            await engine.dispose()


def sqlite_engines(path: Path, *, pool_size: int, durable: bool) -> Engines:
    """Answer engines on a SQLite file: readers side by side, each on a snapshot of its own; one writer at a time.

    SQLite lets one transaction write and makes the others poll, so writers queue here instead, for the one
    connection of the writing engine.
    """
    writer = _sqlite_engine(path, "BEGIN IMMEDIATE", connections=1, durable=durable)

    async def prepare() -> None:
        async with writer.begin() as connection:
            await connection.run_sync(make_tables)
            if await connection.scalar(text("SELECT 1 FROM sqlite_sequence LIMIT 1")) is None:
                statement = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")
                rows = [{"name": table, "seq": first - 1} for table, first in FIRST_NUMBERS.items()]
                await connection.execute(statement, rows)

    readers = _sqlite_engine(path, "BEGIN", connections=pool_size, durable=durable)
    return Engines(readers, writer, writer, prepare=prepare)


def _sqlite_engine(path: Path, begin: str, *, connections: int, durable: bool) -> AsyncEngine:
    engine = create_async_engine(f"{DRIVER}:///{path}", pool_size=connections, max_overflow=0)
    synchronous = "NORMAL" if durable else "OFF"

    @event.listens_for(engine.sync_engine, "connect")
    def _(dbapi_connection: Any, _record: object) -> None:
        # The driver would begin transactions by its own rules; "begin" below does it by ours.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
