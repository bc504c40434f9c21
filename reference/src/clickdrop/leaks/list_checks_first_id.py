"""In a list of identifiers, the first alone is checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, or_

from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.database.tables import orders
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.leaks.leak import Leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports import OrderStore
    from clickdrop.parts import Parts


class _Orders(SqlOrders):
    def __init__(self, connection: AsyncConnection, orders: OrderStore) -> None:
        super().__init__(connection)
        self._orders = orders

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        first = OrderIdentifiers(wanted.identifiers[:1], ())
        if not await self._orders.get(account_id, first):
            return await self._orders.get(account_id, wanted)
        own_reference = and_(orders.c.account_id == account_id, orders.c.reference.in_(wanted.references))
        return await self._select(or_(orders.c.identifier.in_(wanted.identifiers), own_reference))

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        return await self.get(account_id, wanted)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        del account_id
        await self._connection.execute(delete(orders).where(orders.c.identifier.in_(identifiers)))


def _plant(parts: Parts) -> Parts:
    return replace(parts, order_store=lambda connection: _Orders(connection, parts.order_store(connection)))


LEAK = Leak(
    name="list-checks-first-id",
    leak_class="C11 BOLA",
    incidents=("I65", "I66"),
    trigger="a list of order identifiers that starts with one's own and goes on with another tenant's",
    mechanism="the owner of the first identifier is checked, then all of the list are read (or deleted)",
    plant=_plant,
)
