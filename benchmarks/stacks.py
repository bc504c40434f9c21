"""What the reference service can carry on each stack, and what its isolation costs there.

Requests are sent by a few clients over keep-alive connections; CPU time is that of all the stack's processes, by /proc.
The costs are ratios of the same work with one of the walls and without, in the same run, round by round in turn: CPU
time of this process and of PostgreSQL, least of several rounds.
"""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from pydantic import TypeAdapter

from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.database.engines import no_claim
from clickdrop.adapters.database.migrations import upgrade
from clickdrop.adapters.database.postgresql import DATABASE
from clickdrop.adapters.rate_limit import RateLimit
from clickdrop.composition import compose
from clickdrop.demo import seed
from clickdrop.domain.accounts import Account, AccountKind
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.paging import OrderPage, OrderQuery
from clickdrop.parts import correct_parts
from clickdrop.production.database import READY_SECONDS, SUPERUSER, Cluster, prepare
from clickdrop.production.processes import Processes
from clickdrop.service.cache_keys import CacheKeys
from clickdrop.service.read_through import ReadThrough
from clickdrop.settings import Production, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clickdrop.platform import Platform

STACKS = ("embedded", "production")
CLIENTS = 8
SECONDS = 6.0
ROUNDS = 5
TRANSACTIONS = 150
READS = 3000
OTHERS_ORDERS = 20_000
ORDER = {
    "recipient": {
        "address": {"fullName": "Ada", "addressLine1": "14 Tide Street", "city": "Whitby", "countryCode": "GB"}
    },
    "orderDate": "2026-11-24T10:00:00Z",
    "subtotal": 10,
    "shippingCostCharged": 1,
    "total": 11,
}


def measured() -> dict[str, Any]:
    """A row for each stack and operation, and one for each wall."""
    rows = [row for stack in STACKS for row in _carried(stack)]
    return {
        "what": f"requests of {CLIENTS} clients to a correct service; then each wall on against off",
        "python": platform.python_version(),
        "carried": rows,
        "walls": [*_row_level_security(), _tenant_scoped_keys()],
    }


def _carried(stack: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "clickdrop", "serve", "--port", "0", "--json", "--demo", "--rate-limit", "0"]
    command += ["--until-eof", "--stack", stack]
    rows = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdin is not None
        assert service.stdout is not None
        ready = json.loads(service.stdout.readline())
        create = json.dumps({"items": [ORDER]}).encode()
        for name, method, path, body in (
            ("list, from the cache", "GET", "/orders", b""),
            ("read by reference", "GET", "/orders/%22INV-1001%22", b""),
            ("create", "POST", "/orders", create),
        ):
            head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nAuthorization: "
            requests = [f"{head}{key}\r\n\r\n".encode() + body for key in ready["api_keys"]]
            before, began = _cpu_seconds(_family(service.pid)), time.monotonic()
            count = asyncio.run(_send(ready["origin"], requests))
            passed, used = time.monotonic() - began, _cpu_seconds(_family(service.pid)) - before
            rows.append(
                {
                    "stack": stack,
                    "operation": name,
                    "requests_per_s": round(count / passed),
                    "cpu_ms_a_request": round(1000 * used / count, 2),
                }
            )
        service.stdin.close()
        service.wait()
    return rows


async def _send(origin: str, requests: list[bytes]) -> int:
    """Send the requests in turn, over some connections, for a while; answers how many were answered well."""
    host, port = origin.removeprefix("http://").split(":")
    until = time.monotonic() + SECONDS

    async def client(number: int) -> int:
        reader, writer = await asyncio.open_connection(host, int(port))
        answered = 0
        while time.monotonic() < until:
            writer.write(requests[number % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"expected a 200, came {head!r}")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            await reader.readexactly(length)
            answered += 1
        writer.close()
        return answered

    return sum(await asyncio.gather(*(client(number) for number in range(CLIENTS))))


def _row_level_security() -> list[dict[str, Any]]:
    with Processes(None) as processes:
        cluster = Cluster(processes, connections=20)
        server = cluster.start()
        server.wait_until(cluster.is_ready, READY_SECONDS)
        prepare(cluster.folder, cluster.passwords, upgrade)
        stack = Production(cluster.folder, processes.folder, cluster.passwords.service, cluster.passwords.operator)
        settings = Settings(stack, token_secret=b"benchmark", pool_size=1)
        return asyncio.run(_walls(cluster, settings, server.popen.pid))


async def _walls(cluster: Cluster, settings: Settings, server: int) -> list[dict[str, Any]]:
    platforms = {True: _on_postgresql(settings, claims=True), False: _on_postgresql(settings, claims=False)}
    tenant, _ = await seed(platforms[True])
    other = (await seed(platforms[True]))[0]
    superuser = await asyncpg.connect(
        host=str(cluster.folder), user=SUPERUSER, password=cluster.passwords.superuser, database=DATABASE
    )
    await superuser.execute(
        "INSERT INTO orders (account_id, created_on, content, status, tracking_numbers)"
        " SELECT account_id, created_on, content, status, tracking_numbers FROM orders"
        f" CROSS JOIN generate_series(1, {OTHERS_ORDERS}) WHERE account_id = $1 AND reference = 'INV-1001'",
        other.account_id,
    )
    await superuser.execute("ANALYZE")
    wanted = OrderIdentifiers((), ("INV-1001",))

    async def read(platform: Platform) -> None:
        async with platform.storage.reading(tenant.account_id) as work:
            await work.orders.get(tenant.account_id, wanted)

    async def write(platform: Platform) -> None:
        async with platform.storage.writing(tenant.account_id) as (_, work):
            await work.orders.save(tenant.account_id, await work.orders.get_for_update(tenant.account_id, wanted))

    rows = []
    for name, transaction in (("transaction that reads", read), ("transaction that writes", write)):
        least = dict.fromkeys(platforms, float("inf"))
        for _ in range(ROUNDS):
            for on, platform_of_wall in platforms.items():
                await superuser.execute(f"ALTER ROLE clickdrop_service {'NOBYPASSRLS' if on else 'BYPASSRLS'}")
                least[on] = min(least[on], await _microseconds(transaction, platform_of_wall, server))
        rows.append(_ratio("row-level security", name, least))
    await superuser.close()
    for each in platforms.values():
        await each.aclose()
    return rows


def _on_postgresql(settings: Settings, *, claims: bool) -> Platform:
    parts = replace(correct_parts(settings), cache=InProcessCache, rate_limit=RateLimit)
    engines = parts.engines
    return compose(settings, parts if claims else replace(parts, engines=lambda: replace(engines(), claim=no_claim)))


async def _microseconds(work: Callable[[Platform], Awaitable[None]], on: Platform, server: int) -> float:
    await work(on)
    before = time.process_time() + _cpu_seconds(_family(server))
    for _ in range(TRANSACTIONS):
        await work(on)
    return 1e6 * (time.process_time() + _cpu_seconds(_family(server)) - before) / TRANSACTIONS


class _UnscopedKeys(CacheKeys):
    def orders(self, account: Account, query: OrderQuery) -> str:
        del account
        return repr(("orders", query))


def _tenant_scoped_keys() -> dict[str, Any]:
    account = Account("8ae7daf2-fee5-4772-b272-0d553a5faa5f", "Shop", AccountKind.OBA, channel_shipper=True, revision=7)
    query = OrderQuery(start=datetime(2026, 11, 24, tzinfo=UTC))
    adapter = TypeAdapter(OrderPage)
    least = {True: float("inf"), False: float("inf")}

    async def nothing() -> OrderPage:
        return OrderPage((), None)

    async def read(keys: CacheKeys, kept: ReadThrough) -> float:
        began = time.process_time()
        for _ in range(READS):
            await kept.value(adapter, keys.orders(account, query), nothing)
        return 1e6 * (time.process_time() - began) / READS

    async def both() -> None:
        kept = ReadThrough(InProcessCache(), 300)
        for _ in range(ROUNDS):
            for on, keys in ((True, CacheKeys()), (False, _UnscopedKeys())):
                least[on] = min(least[on], await read(keys, kept))

    asyncio.run(both())
    return _ratio("tenant-scoped keys", "read of a kept, empty list", least)


def _ratio(wall: str, work: str, least: dict[bool, float]) -> dict[str, Any]:
    on, off = least[True], least[False]
    return {"wall": wall, "work": work, "on_us": round(on, 1), "off_us": round(off, 1), "ratio": round(on / off, 3)}


def _family(ancestor: int) -> set[int]:
    """A process and all that it started, and they in their turn."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family = {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _cpu_seconds(processes: set[int]) -> float:
    """CPU time that all threads of the processes have used so far, by the scheduler's own count of nanoseconds."""
    used = 0
    for process in processes:
        for thread in Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                used += int(thread.read_text().split()[0])
            except OSError:
                continue
    return used / 1e9
