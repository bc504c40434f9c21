"""A connection that goes back to its pool owes no reply and claims no account, however its last user ended."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clickdrop.adapters.database.postgresql import claim_in_transaction
from clickdrop.domain.paging import OrderQuery
from clickdrop.production.database import SUPERUSER

if TYPE_CHECKING:
    import asyncpg

    from clickdrop.platform import Platform
    from tests.clickdrop.production.conftest import Database

TURNS = 150
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


def test_cancelled_in_the_middle(database: Database) -> None:
    """Whoever is next on a pool's only connection reads its own rows, wherever the one before was cancelled."""
    one, two = database.accounts

    async def scenario() -> tuple[list[int], list[int], int]:
        platform = database.platform(pool_size=1)
        before = await seen(platform, one), await seen(platform, two)
        cancelled = steps = 0
        whole = asyncio.create_task(spoil(platform, one))
        while not whole.done():
            await asyncio.sleep(0)
            steps += 1
        assert isinstance(whole.exception(), RuntimeError)
        for turn in range(TURNS):
            work = asyncio.create_task(spoil(platform, one))
            # Nothing keeps this from being cancelled inside the transaction: it is in no request with safe points.
            for _ in range(turn * steps // TURNS):
                if not work.done():
                    await asyncio.sleep(0)
            work.cancel()
            await asyncio.wait((work,))
            if work.cancelled():
                cancelled += 1
            else:
                assert isinstance(work.exception(), RuntimeError)
            assert await seen(platform, two) == before[1]
        assert await seen(platform, one) == before[0]
        await platform.aclose()
        return (*before, cancelled)

    orders_of_one, orders_of_two, cancelled = asyncio.run(scenario())
    assert len(orders_of_one) == len(orders_of_two) == 2
    assert cancelled > TURNS / 3

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
