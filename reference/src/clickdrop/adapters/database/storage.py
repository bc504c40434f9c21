"""Transactions, each of which says whose rows it is about. A request is not cancelled in the middle of one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from clickdrop.adapters.database.accounts import SqlAccounts, account_of
from clickdrop.adapters.database.audit import SqlAudit
from clickdrop.adapters.database.catalogue import SqlCatalogue
from clickdrop.adapters.database.checkouts import SqlCheckouts
from clickdrop.adapters.database.engines import ACCOUNT, KEY_DIGEST, TRACKING_NUMBER
from clickdrop.adapters.database.items import SqlItems
from clickdrop.adapters.database.jobs import SqlJobs
from clickdrop.adapters.database.manifests import SqlManifests, SqlReturns
from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.database.parcels import SqlParcels
from clickdrop.adapters.database.sessions import SqlSessions
from clickdrop.adapters.database.status import SqlStatus
from clickdrop.adapters.database.tables import accounts, gate
from clickdrop.adapters.database.users import SqlUsers
from clickdrop.adapters.database.webhooks import SqlWebhooks
from clickdrop.adapters.safe_points import uninterrupted
from clickdrop.domain.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.adapters.database.engines import Engines
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.ports.accounts import AccountStore, AuditStore
    from clickdrop.domain.ports.jobs import JobStore
    from clickdrop.domain.ports.orders import Catalogue, ItemStore, ManifestStore, OrderStore, ParcelStore, ReturnStore
    from clickdrop.domain.ports.payments import CheckoutStore
    from clickdrop.domain.ports.users import SessionStore, UserStore
    from clickdrop.domain.status import StatusStore
    from clickdrop.domain.users import Known
    from clickdrop.domain.webhooks import WebhookStore

_CLOSED = select(gate.c.closed)


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """The stores on one connection, in its transaction."""

    connection: AsyncConnection
    orders: OrderStore
    accounts: AccountStore
    catalogue: Catalogue
    items: ItemStore
    manifests: ManifestStore
    returns: ReturnStore
    checkouts: CheckoutStore
    parcels: ParcelStore
    jobs: JobStore
    webhooks: WebhookStore
    audit: AuditStore
    users: UserStore
    sessions: SessionStore
    status: StatusStore


class SqlStorage:
    """The port `Storage` on a database."""

    def __init__(self, engines: Engines, order_store: Callable[[AsyncConnection], OrderStore] = SqlOrders) -> None:
        self._engines = engines
        self._order_store = order_store

    async def prepare(self) -> None:
        """Make the tables where that is the service's business."""
        await self._engines.prepare()

    async def check(self) -> None:
        """Raise unless the database answers."""
        with uninterrupted():
            async with self._engines.reading.begin() as connection:
                await connection.execute(text("SELECT 1"))

    async def is_closed(self) -> bool:
        """Tell whether the platform is closed: one statement, since every request asks."""
        with uninterrupted():
            async with self._engines.reading.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                return bool(await connection.scalar(_CLOSED))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._engines.aclose()

    def identifying(self, key_digest: str) -> AbstractAsyncContextManager[SqlUnitOfWork]:
        """Open a transaction that sees no more than whose key it is."""
        return self._claiming(KEY_DIGEST, key_digest)

    def tracking(self, tracking_number: str) -> AbstractAsyncContextManager[SqlUnitOfWork]:
        """Open a transaction that sees no more than the parcel with this number."""
        return self._claiming(TRACKING_NUMBER, tracking_number)

    def knowing(self, what: Known, value: str) -> AbstractAsyncContextManager[SqlUnitOfWork]:
        """Open a transaction that sees no more than what is known by this value."""
        return self._claiming(what, value)

    def reading(self, account_id: str) -> AbstractAsyncContextManager[SqlUnitOfWork]:
        """Open a transaction that reads one consistent state of what an account owns."""
        return self._claiming(ACCOUNT, account_id)

    @asynccontextmanager
    async def _claiming(self, claim: str, value: str) -> AsyncIterator[SqlUnitOfWork]:
        with uninterrupted():
            async with self._engines.reading.begin() as connection:
                await self._engines.claim(connection, claim, value)
                yield self._unit_of_work(connection)

    @asynccontextmanager
    async def public(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction that sees what is nobody's."""
        with uninterrupted():
            async with self._engines.reading.begin() as connection:
                yield self._unit_of_work(connection)

    @asynccontextmanager
    async def recording(self, account_id: str) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction that writes what is kept about an account, which stays at its revision."""
        with uninterrupted():
            async with self._engines.writing.begin() as connection:
                await self._engines.claim(connection, ACCOUNT, account_id)
                yield self._unit_of_work(connection)

    @asynccontextmanager
    async def writing(self, account_id: str) -> AsyncIterator[tuple[Account, SqlUnitOfWork]]:
        """Open a transaction that changes what an account owns, and moves it to its next revision.

        The account's row stays locked until the end, so that an account has one writer at a time.
        """
        with uninterrupted():
            async with self._engines.writing.begin() as connection:
                await self._engines.claim(connection, ACCOUNT, account_id)
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
        """Open a transaction about the accounts themselves."""
        with uninterrupted():
            async with self._engines.administering.begin() as connection:
                yield self._unit_of_work(connection)

    def _unit_of_work(self, connection: AsyncConnection) -> SqlUnitOfWork:
        return SqlUnitOfWork(
            connection=connection,
            orders=self._order_store(connection),
            accounts=SqlAccounts(connection),
            catalogue=SqlCatalogue(connection),
            items=SqlItems(connection),
            manifests=SqlManifests(connection),
            returns=SqlReturns(connection),
            checkouts=SqlCheckouts(connection),
            parcels=SqlParcels(connection),
            jobs=SqlJobs(connection),
            webhooks=SqlWebhooks(connection),
            audit=SqlAudit(connection),
            users=SqlUsers(connection),
            sessions=SqlSessions(connection),
            status=SqlStatus(connection),
        )
