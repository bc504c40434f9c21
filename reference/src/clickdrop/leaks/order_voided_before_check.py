"""What was printed is voided for whoever asks, before the order is looked for among the account's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import update

from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

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
        voided = update(orders).where(orders.c.identifier.in_(wanted.identifiers)).values(printed_on=None)
        await self._connection.execute(voided)
        return await self._orders.get_for_update(account_id, wanted)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        await self._orders.delete(account_id, identifiers)


def _plant(parts: Parts) -> Parts:
    return replace(parts, order_store=lambda connection: _Orders(connection, parts.order_store(connection)))


LEAK = Leak(
    name="order-voided-before-check",
    leak_class="C11 BOLA",
    incidents=("I66", "I69"),
    trigger="another tenant's order identifier in PUT /orders/status; the answer says that there is no such order",
    mechanism="a first statement writes by identifier alone, and only the second one asks whose the order is",
    plant=_plant,
)
