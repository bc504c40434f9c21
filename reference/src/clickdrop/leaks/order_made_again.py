"""An order that is sent again is made again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import update

from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Leak

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports import OrderStore
    from clickdrop.parts import Parts


class _Orders(SqlOrders):
    def __init__(self, connection: AsyncConnection, orders: OrderStore) -> None:
        super().__init__(connection)
        self._orders = orders

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        return await self._orders.get(account_id, wanted)

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        return await self._orders.get_for_update(account_id, wanted)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        await self._orders.delete(account_id, identifiers)

    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        same = (orders.c.account_id == account_id, orders.c.reference == content.order_reference)
        await self._connection.execute(update(orders).where(*same).values(reference=None))
        return await self._orders.add(account_id, content, created_on)


def _plant(parts: Parts) -> Parts:
    return replace(parts, order_store=lambda connection: _Orders(connection, parts.order_store(connection)))


LEAK = Leak(
    name="order-made-again",
    leak_class="X RETRY",
    incidents=("I01",),
    trigger="an order that is sent a second time with its reference, as clients do whose first answer was lost",
    mechanism="the earlier order gives its reference up to make room: nothing keeps a retry from being paid twice",
    plant=_plant,
)
