"""A PostgreSQL cluster with the service's tables, and two tenants that own rows in every one of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import pytest

from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.database.migrations import upgrade
from clickdrop.adapters.database.postgresql import DATABASE, OPERATOR, OWNER, SERVICE
from clickdrop.adapters.rate_limit import RateLimit
from clickdrop.composition import compose
from clickdrop.demo import seed
from clickdrop.domain.audit import Read
from clickdrop.domain.checkouts import CheckoutRequest
from clickdrop.domain.content import OrderContent, Product, Recipient
from clickdrop.domain.jobs import Job, JobKind
from clickdrop.domain.parcels import new_parcel
from clickdrop.domain.returns import Return, ReturnAddress, ReturnContent
from clickdrop.domain.users import LinkPurpose, OneTimeLink, Session
from clickdrop.domain.webhooks import Webhook
from clickdrop.parts import correct_parts
from clickdrop.production.database import READY_SECONDS, SUPERUSER, Cluster, prepare
from clickdrop.production.processes import Processes
from clickdrop.settings import Production, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from clickdrop.adapters.database.engines import Engines
    from clickdrop.platform import Platform


@dataclass(frozen=True)
class Database:
    """A cluster with the accounts of two tenants and a key of each."""

    cluster: Cluster
    settings: Settings
    accounts: tuple[str, str]
    keys: tuple[str, str] = field(repr=False)

    def engines(self, *, pool_size: int) -> Engines:
        """Answer the service's engines on the cluster."""
        return correct_parts(replace(self.settings, pool_size=pool_size)).engines()

    def platform(self, **settings: Any) -> Platform:
        """Put the service together on the cluster, with a cache in this process."""
        changed = replace(self.settings, **settings)
        parts = replace(correct_parts(changed), cache=InProcessCache, rate_limit=RateLimit)
        return compose(changed, parts)

    def within(self, story: Callable[[Platform], Awaitable[Any]]) -> Any:
        """Tell a story on a platform on the cluster, and answer what comes of it."""

        async def tell() -> Any:
            platform = self.platform()
            try:
                return await story(platform)
            finally:
                await platform.aclose()

        return asyncio.run(tell())

    def run(self, role: str, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
        """Do something on a connection of a role's."""
        return asyncio.run(self._run(role, work))

    async def _run(self, role: str, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
        passwords = self.cluster.passwords
        password = {
            SUPERUSER: passwords.superuser,
            OWNER: passwords.owner,
            SERVICE: passwords.service,
            OPERATOR: passwords.operator,
        }[role]
        connection = await asyncpg.connect(
            host=str(self.cluster.folder), user=role, password=password, database=DATABASE
        )
        try:
            return await work(connection)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A cluster in which two tenants own rows in every table, all with the same references."""
    with Processes(None) as processes:
        cluster = Cluster(processes, connections=30)
        cluster.start().wait_until(cluster.is_ready, READY_SECONDS)
        prepare(cluster.folder, cluster.passwords, upgrade)
        passwords = cluster.passwords
        stack = Production(cluster.folder, processes.folder / "nothing", passwords.service, passwords.operator)
        settings = Settings(stack, token_secret=b"secret")
        empty = Database(cluster, settings, ("", ""), ("", ""))
        tenants = asyncio.run(_fill(empty.platform()))
        accounts, keys = zip(*tenants, strict=True)
        yield replace(empty, accounts=accounts, keys=keys)


async def _fill(platform: Platform) -> list[tuple[str, str]]:
    """Make two tenants, and answer their accounts and keys."""
    address = ReturnAddress("Ada", "Fenwick", "14 Tide Street", "Whitby", "YO21 3PU", "United Kingdom", "GBR")
    tenants = await seed(platform)
    for number, tenant in enumerate(tenants):
        await platform.accounts.add_user(tenant.account_id, "a@example.org", "Ada")
        async with platform.storage.writing(tenant.account_id) as (account, work):
            now = datetime.now(UTC)
            await work.catalogue.save_contact(account.id, "ADA", Recipient())
            order = await work.orders.add(
                account.id, OrderContent(Recipient(), now, Decimal(1), Decimal(1), Decimal(2)), now
            )
            assert order is not None, "it has no reference, which might be taken"
            await work.orders.delete(account.id, [order.identifier])
            await work.catalogue.save_products(account.id, [Product(sku="SKU-9", name="Nine")])
            await work.items.add(account.id, 2)
            (user,) = [user for user in await work.users.all(account.id) if user.role]
            await work.sessions.add(
                f"session {number}", Session(str(uuid4()), account.id, user.id, "A device", now, now)
            )
            link = OneTimeLink(account.id, user.id, LinkPurpose.RESET, None, now)
            await work.users.add_link(f"link {number}", link)
            await work.manifests.add(account.id, "Royal Mail OBA", (), now)
            await work.returns.add(
                account.id, Return(f"TR00000000{number}GB", f"{number}", ReturnContent("TSN", address, address)), now
            )
            await work.parcels.add(account.id, [new_parcel(f"TT00000000{number}GB", 1, now)])
            await work.checkouts.add(account.id, CheckoutRequest("EQUAL", (1,), "tok_visa"), (), now)
            await work.audit.add(Read(account.id, str(uuid4()), "GetOrdersAsync", (1,), now))
            await work.jobs.put(account.id, Job(str(uuid4()), JobKind.EXPORT_CSV, now, now))
            await work.webhooks.add(account.id, Webhook(str(uuid4()), "https://shop.example", "whsec_", now))
    await platform.aclose()
    return [(tenant.account_id, tenant.api_key) for tenant in tenants]
