"""What the isolation of the reference service costs: each of its walls on against off, as a ratio.

The same work is done with a wall and without, in the same run, round by round in turn. A request is one to the ASGI
application in this process, for an order by its reference. Counted is the CPU time of this process and of PostgreSQL,
least of the rounds.
"""

from __future__ import annotations

import asyncio
import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import asyncpg
from pydantic import TypeAdapter

from benchmarks.measure import cpu_seconds
from benchmarks.processes import family
from benchmarks.services import AUDIT, KEYS, REFERENCE, ROWS, WALLS, Service, UnscopedKeys, services
from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.database.migrations import upgrade
from clickdrop.adapters.database.postgresql import DATABASE
from clickdrop.adapters.database.tables import orders
from clickdrop.domain.accounts import Account, AccountKind
from clickdrop.domain.paging import OrderPage, OrderQuery
from clickdrop.production.database import READY_SECONDS, SUPERUSER, Cluster, prepare
from clickdrop.production.processes import Processes
from clickdrop.service.cache_keys import CacheKeys
from clickdrop.service.read_through import ReadThrough
from clickdrop.settings import Embedded, Production

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True)
class Size:
    """How much is done: `times` in each of the rounds, in the company of another tenant's orders."""

    rounds: int = 5
    times: int = 150
    kept_reads: int = 3000
    others_orders: int = 20_000


SMALL = Size(rounds=1, times=2, kept_reads=10, others_orders=10)
"""Enough to see that it works."""
_TRANSACTIONS: dict[str, Callable[[Service], Awaitable[None]]] = {
    "transaction that reads": Service.read,
    "transaction that writes": Service.write,
}


def measured(size: Size = Size()) -> dict[str, Any]:
    """A row for each wall and piece of work."""
    rows = [*_on_postgresql(size), *asyncio.run(_on_sqlite(size)), _kept_reads(size)]
    return {
        "what": "microseconds of CPU time with each wall of a correct service and without; ratio is with over without",
        "python": platform.python_version(),
        "rows": rows,
    }


def _on_postgresql(size: Size) -> list[dict[str, Any]]:
    with Processes(None) as processes:
        cluster = Cluster(processes, connections=40)
        server = cluster.start()
        server.wait_until(cluster.is_ready, READY_SECONDS)
        prepare(cluster.folder, cluster.passwords, upgrade)
        stack = Production(cluster.folder, processes.folder, cluster.passwords.service, cluster.passwords.operator)
        return asyncio.run(_with_cluster(cluster, stack, server.popen.pid, size))


async def _with_cluster(cluster: Cluster, stack: Production, server: int, size: Size) -> list[dict[str, Any]]:
    superuser = await asyncpg.connect(
        host=str(cluster.folder), user=SUPERUSER, password=cluster.passwords.superuser, database=DATABASE
    )

    async def switch(service: Service) -> None:
        await superuser.execute(f"ALTER ROLE clickdrop_service {'' if ROWS in service.lacks else 'NO'}BYPASSRLS")

    def used() -> float:
        return time.process_time() + cpu_seconds(family(server))

    rows = []
    async with services(stack, ((), (ROWS,), (AUDIT,), WALLS)) as (whole, without_rows, unaudited, bare):
        (other,) = {account.id for account in await whole.platform.accounts.all()} - {whole.tenant.account_id}
        await _give_orders(superuser, other, size.others_orders)
        for name, work in _TRANSACTIONS.items():
            rows.append(_row(ROWS, name, await _compared(size, work, (whole, without_rows), switch, used)))
        for wall, without in ((ROWS, without_rows), (AUDIT, unaudited), ("all three", bare)):
            compared = await _compared(size, Service.request, (whole, without), switch, used)
            rows.append(_row(wall, "request, on PostgreSQL", compared))
    await superuser.close()
    return rows


async def _on_sqlite(size: Size) -> list[dict[str, Any]]:
    async def switch(_service: Service) -> None:
        """Change nothing: each has its walls by what it is made of."""

    with TemporaryDirectory() as folder:
        async with services(Embedded(Path(folder) / "clickdrop.db"), ((), (AUDIT,), (KEYS, AUDIT))) as (whole, *others):
            return [
                _row(
                    " and ".join(other.lacks),
                    "request, on SQLite",
                    await _compared(size, Service.request, (whole, other), switch, time.process_time),
                )
                for other in others
            ]


async def _give_orders(superuser: asyncpg.Connection, account_id: str, count: int) -> None:
    """Give an account so many orders more, none of which has a reference."""
    copied = ", ".join(column.name for column in orders.c if column.name not in {"identifier", "reference"})
    await superuser.execute(
        f"INSERT INTO orders ({copied}) SELECT {copied} FROM orders CROSS JOIN generate_series(1, {count})"
        " WHERE account_id = $1 AND reference = $2",
        *(account_id, REFERENCE),
    )
    await superuser.execute("ANALYZE")


async def _compared(
    size: Size,
    work: Callable[[Service], Awaitable[None]],
    services: tuple[Service, Service],
    switch: Callable[[Service], Awaitable[None]],
    used: Callable[[], float],
) -> tuple[float, float]:
    least = [float("inf"), float("inf")]
    for _ in range(size.rounds):
        for number, service in enumerate(services):
            await switch(service)
            await work(service)
            before = used()
            for _ in range(size.times):
                await work(service)
            least[number] = min(least[number], 1e6 * (used() - before) / size.times)
    return least[0], least[1]


def _kept_reads(size: Size) -> dict[str, Any]:
    account = Account("8ae7daf2-fee5-4772-b272-0d553a5faa5f", "Shop", AccountKind.OBA, channel_shipper=True, revision=7)
    query = OrderQuery(start=datetime(2026, 11, 24, tzinfo=UTC))
    adapter = TypeAdapter(OrderPage)
    least = [float("inf"), float("inf")]

    async def nothing() -> OrderPage:
        return OrderPage((), None)

    async def read() -> None:
        kept = ReadThrough(InProcessCache(), 300)
        for _ in range(size.rounds):
            for number, keys in enumerate((CacheKeys(), UnscopedKeys())):
                began = time.process_time()
                for _ in range(size.kept_reads):
                    await kept.value(adapter, keys.orders(account, query), nothing)
                least[number] = min(least[number], 1e6 * (time.process_time() - began) / size.kept_reads)

    asyncio.run(read())
    return _row(KEYS, "read of a kept, empty list", (least[0], least[1]))


def _row(wall: str, work: str, compared: tuple[float, float]) -> dict[str, Any]:
    on, off = compared
    return {"wall": wall, "work": work, "on_us": round(on, 1), "off_us": round(off, 1), "ratio": round(on / off, 3)}
