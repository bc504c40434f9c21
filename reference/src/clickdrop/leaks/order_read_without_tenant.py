"""Orders are read by their identifiers, whoever's they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

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
        own_reference = and_(orders.c.account_id == account_id, orders.c.reference.in_(wanted.references))
        return await self._select(or_(orders.c.identifier.in_(wanted.identifiers), own_reference))

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        return await self._orders.get_for_update(account_id, wanted)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        await self._orders.delete(account_id, identifiers)


def _plant(parts: Parts) -> Parts:
    return replace(parts, order_store=lambda connection: _Orders(connection, parts.order_store(connection)))


LEAK = Leak(
    name="order-read-without-tenant",
    leak_class="C11 BOLA",
    incidents=("I62", "I63", "I67"),
    trigger="another tenant's order identifier in GET /orders/{ids}, its /full or its /label",
    mechanism="orders are selected by identifier alone: being authenticated is the only check",
    plant=_plant,
)
