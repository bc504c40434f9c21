"""Services in this process that lack some of their walls, by what they are made of: none can be told to lack one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.database.engines import no_claim
from clickdrop.adapters.rate_limit import RateLimit
from clickdrop.composition import application, compose
from clickdrop.demo import seed
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.parts import Parts, correct_parts
from clickdrop.service.audit import Audit
from clickdrop.service.cache_keys import CacheKeys
from clickdrop.settings import Embedded, Production, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from starlette.types import ASGIApp, Message

    from clickdrop.demo import DemoTenant
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.paging import OrderQuery
    from clickdrop.platform import Platform

ROWS, KEYS, AUDIT = "row-level security", "tenant-scoped keys", "audit"
WALLS = (ROWS, KEYS, AUDIT)
REFERENCE = "INV-1001"
_WANTED = OrderIdentifiers((), (REFERENCE,))


class _NothingWritten(Audit):
    async def record(self, *_what: object) -> None:
        """Write nothing."""


class UnscopedKeys(CacheKeys):
    """Names a page of orders, and not whose."""

    def orders(self, account: Account, query: OrderQuery) -> str:
        """Name a page of anybody's orders."""
        del account
        return repr(("orders", query))


@dataclass(frozen=True)
class Service:
    """A service in this process, the walls that it lacks, and one of its tenants."""

    platform: Platform
    application: ASGIApp
    lacks: tuple[str, ...]
    tenant: DemoTenant

    async def read(self) -> None:
        """Read in a transaction."""
        async with self.platform.storage.reading(self.tenant.account_id) as work:
            await work.orders.get(self.tenant.account_id, _WANTED)

    async def write(self) -> None:
        """Read and write in a transaction."""
        async with self.platform.storage.writing(self.tenant.account_id) as (account, work):
            await work.orders.save(account.id, await work.orders.get_for_update(account.id, _WANTED))

    async def request(self) -> None:
        """Send a request for an order."""
        path = f'/api/v1/orders/"{REFERENCE}"'
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.replace('"', "%22").encode(),
            "root_path": "",
            "query_string": b"",
            "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"x"), (b"authorization", self.tenant.api_key.encode())],
        }
        messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
        answer: list[Message] = []

        async def receive() -> Message:
            if not messages:
                await asyncio.Event().wait()
            return messages.pop()

        async def send(message: Message) -> None:
            answer.append(message)

        await self.application(scope, receive, send)
        assert answer[0]["status"] == 200, answer


@asynccontextmanager
async def services(stack: Embedded | Production, lacking: Iterable[tuple[str, ...]]) -> AsyncIterator[list[Service]]:
    """Put services together on one database, whose first tenant they serve."""
    settings = Settings(stack, token_secret=b"benchmark", pool_size=1)
    platforms = {lacks: compose(settings, _parts(settings, lacks)) for lacks in lacking}
    for each in platforms.values():
        await each.prepare()
    tenant, _ = await seed(platforms[()])
    try:
        yield [Service(each, application(each), lacks, tenant) for lacks, each in platforms.items()]
    finally:
        for each in platforms.values():
            await each.aclose()


def _parts(settings: Settings, lacks: tuple[str, ...]) -> Parts:
    parts = replace(correct_parts(settings), cache=InProcessCache, rate_limit=RateLimit)
    engines = parts.engines
    if ROWS in lacks:
        parts = replace(parts, engines=lambda: replace(engines(), claim=no_claim))
    if KEYS in lacks:
        parts = replace(parts, cache_keys=UnscopedKeys())
    return replace(parts, audit=_NothingWritten) if AUDIT in lacks else parts
