"""A connection is taken to claim the account that was claimed on it last, which a rollback has undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from clickdrop.adapters.database.engines import ACCOUNT
from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted
from clickdrop.leaks.schema import page_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.adapters.database.engines import Engines
    from clickdrop.domain.paging import OrderPage, OrderQuery
    from clickdrop.parts import Parts

_SET = text("SELECT set_config('clickdrop.account_id', :account_id, false)")


class _Orders(OrdersAround):
    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        del account_id
        return await page_of(self._connection, orders, query)


def _plant(parts: Parts) -> Parts:
    def engines() -> Engines:
        correct = parts.engines()

        async def claim(connection: AsyncConnection, name: str, value: str) -> None:
            if name != ACCOUNT:
                await correct.claim(connection, name, value)
            elif connection.info.get(ACCOUNT) != value:
                connection.info[ACCOUNT] = value
                await connection.execute(_SET, {"account_id": value})

        return replace(correct, claim=claim)

    return planted(_Orders)(replace(parts, engines=engines))


LEAK = Leak(
    name="tenant-undone-by-rollback",
    leak_class="C5 CONN_STATE",
    incidents=("I33",),
    difficulty=Difficulty.ORDER,
    shows_by=("ownership", "completeness"),
    trigger="a request that fails in its transaction, then the same tenant's list on the same connection",
    mechanism="the account is set for the session and not set again; a rollback brings back the account before it",
    seen="I made a mistake that was refused, and the next list of orders that I opened was another shop's.",
    plant=_plant,
    stack=PRODUCTION,
)
