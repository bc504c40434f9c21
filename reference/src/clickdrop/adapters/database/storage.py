"""Transactions on SQLite: readers side by side, each on a snapshot of its own; one writer at a time.

SQLite lets one transaction write and makes the others poll, so writers queue here instead, for the one
connection of the writing engine. A request is not cancelled in the middle of a transaction.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from clickdrop.adapters.database.accounts import SqlAccounts, account_of
from clickdrop.adapters.database.catalogue import SqlCatalogue
from clickdrop.adapters.database.manifests import SqlManifests, SqlReturns
from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.database.tables import accounts, metadata, serials
from clickdrop.adapters.safe_points import uninterrupted
from clickdrop.domain.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.ports import AccountStore, Catalogue, ManifestStore, OrderStore, ReturnStore

FIRST_NUMBERS = {"orders": 10_000_000, "manifests": 500_000}
"""What the platform's identifiers start above: long enough that one is not met by chance."""

_READERS = 4
_FIRST_SERIAL = 47_312_400


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """The stores on one connection, in its transaction."""

    connection: AsyncConnection
    orders: OrderStore
    accounts: AccountStore
    catalogue: Catalogue
    manifests: ManifestStore
    returns: ReturnStore

    async def serials(self, count: int) -> range:
        """Take `count` serial numbers for items in the post."""
        last = await self.connection.scalar(
            update(serials)
            .where(serials.c.name == "items")
            .values(value=serials.c.value + count)
            .returning(serials.c.value)
        )
        assert last is not None, "prepare() makes the row"
        return range(last - count + 1, last + 1)


class SqlStorage:
    """The port `Storage` on a SQLite file. `durable` waits for the disk at checkpoints; a temporary file need not."""

    def __init__(
        self, path: Path, order_store: Callable[[AsyncConnection], OrderStore] = SqlOrders, *, durable: bool = False
    ) -> None:
        self._order_store = order_store
        self._readers = _engine(path, "BEGIN", connections=_READERS, durable=durable)
        self._writer = _engine(path, "BEGIN IMMEDIATE", connections=1, durable=durable)

    async def prepare(self) -> None:
        """Make the tables where there are none."""
        async with self._writer.begin() as connection:
            await connection.run_sync(metadata.create_all)
            if await connection.scalar(select(serials.c.value).where(serials.c.name == "items")) is None:
                await connection.execute(serials.insert().values(name="items", value=_FIRST_SERIAL))
                for table, number in FIRST_NUMBERS.items():
                    statement = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")
                    await connection.execute(statement, {"name": table, "seq": number})

    async def aclose(self) -> None:
        """Close all connections."""
        await self._readers.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction that reads one consistent state."""
        with uninterrupted():
            async with self._readers.begin() as connection:
                yield self._unit_of_work(connection)

    @asynccontextmanager
    async def writing(self, account_id: str) -> AsyncIterator[tuple[Account, SqlUnitOfWork]]:
        """Open a transaction that changes what an account owns, and moves it to its next revision."""
        with uninterrupted():
            async with self._writer.begin() as connection:
                row = await connection.execute(
                    update(accounts)
                    .where(accounts.c.id == account_id)
                    .values(revision=accounts.c.revision + 1)
                    .returning(accounts)
                )
                account = row.one_or_none()
                if account is None:
                    raise Unauthenticated
                yield account_of(account), self._unit_of_work(connection)

    @asynccontextmanager
    async def administering(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction that changes the accounts themselves."""
        with uninterrupted():
            async with self._writer.begin() as connection:
                yield self._unit_of_work(connection)

    def _unit_of_work(self, connection: AsyncConnection) -> SqlUnitOfWork:
        return SqlUnitOfWork(
            connection=connection,
            orders=self._order_store(connection),
            accounts=SqlAccounts(connection),
            catalogue=SqlCatalogue(connection),
            manifests=SqlManifests(connection),
            returns=SqlReturns(connection),
        )


def _engine(path: Path, begin: str, *, connections: int, durable: bool) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=connections, max_overflow=0)
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
