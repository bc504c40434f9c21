"""A connection that goes back to its pool owes no reply and claims no account, however its last user ended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clickdrop.adapters.database.postgresql import claim_in_transaction
from clickdrop.domain.paging import OrderQuery
from clickdrop.production.database import SUPERUSER

if TYPE_CHECKING:
    from collections.abc import Generator

    import asyncpg

    from clickdrop.platform import Platform
    from tests.clickdrop.production.conftest import Database

IDLE_IN_TRANSACTION = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


async def seen(platform: Platform, account_id: str) -> list[int]:
    """List the identifiers of an account's orders, as the database says, by identifier descending."""
    async with platform.storage.reading(account_id) as work:
        return [order.identifier for order in (await work.orders.page(account_id, OrderQuery())).orders]


async def spoil(platform: Platform, account_id: str) -> None:
    """Delete all of an account's orders, and add an item; then fail."""
    async with platform.storage.writing(account_id) as (_, work):
        page = await work.orders.page(account_id, OrderQuery())
        await work.orders.delete(account_id, [order.identifier for order in page.orders])
        await work.items.add(account_id, 1)
        raise RuntimeError("nothing of this is to stay")


class CancelledAt(Coroutine[Any, Any, None]):
    """A task's work, cancelled at its n-th suspension, which is the same one on a slow machine as on a fast one."""

    def __init__(self, work: Coroutine[Any, Any, None], suspension: int) -> None:
        self._work, self.left = work, suspension

    def send(self, value: Any) -> Any:
        return self._suspended(self._work.send(value))

    def throw(self, *thrown: Any) -> Any:
        return self._suspended(self._work.throw(*thrown))

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._work.__await__()

    def _suspended(self, waited_for: Any) -> Any:
        self.left -= 1
        task = asyncio.current_task()
        if self.left == 0 and task is not None:
            task.cancel()
        return waited_for


def test_cancelled_in_the_middle(database: Database) -> None:
    """Whoever is next on a pool's only connection reads its own rows, wherever the one before was cancelled."""
    one, two = database.accounts

    async def scenario() -> tuple[list[int], list[int], int]:
        platform = database.platform(pool_size=1)
        before = await seen(platform, one), await seen(platform, two)
        times_cancelled = 0
        for suspension in count(1):
            # Nothing keeps this from being cancelled inside the transaction: it is in no request with safe points.
            work = CancelledAt(spoil(platform, one), suspension)
            task = asyncio.create_task(work)
            await asyncio.wait((task,))
            cancelled = task.cancelled()
            assert cancelled or isinstance(task.exception(), RuntimeError)
            if work.left > 0:
                break
            times_cancelled += cancelled
            assert await seen(platform, two) == before[1]
            assert await seen(platform, one) == before[0]
        await platform.aclose()
        return (*before, times_cancelled)

    orders_of_one, orders_of_two, times_cancelled = asyncio.run(scenario())
    assert len(orders_of_one) == len(orders_of_two) == 2
    # The connect, BEGIN, the claim, and each statement of the work's: each was cut short once.
    assert times_cancelled > 5

    async def idle(connection: asyncpg.Connection) -> int:
        count: int = await connection.fetchval(IDLE_IN_TRANSACTION)
        return count

    assert database.run(SUPERUSER, idle) == 0


def test_a_used_connection_claims_nothing(database: Database) -> None:
    """After a transaction, committed or not, its connection sees no account's rows until it claims one again."""
    one, _ = database.accounts

    async def scenario() -> list[int]:
        service = database.engines(pool_size=1).writing
        counts = []
        for fails in (False, True):
            with pytest.raises(DBAPIError) if fails else nullcontext():
                async with service.begin() as connection:
                    await claim_in_transaction(connection, "account_id", one)
                    counts.append(await connection.scalar(text("SELECT count(*) FROM orders")))
                    if fails:
                        await connection.execute(text("SELECT 1 / 0"))
            async with service.begin() as connection:
                counts.append(await connection.scalar(text("SELECT count(*) FROM orders")))
        await service.dispose()
        return counts

    assert asyncio.run(scenario()) == [2, 0, 2, 0]
