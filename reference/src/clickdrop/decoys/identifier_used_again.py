"""The identifier of an order that was deleted is given to another tenant's next order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from clickdrop.adapters.database.tables import orders
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts


class _Orders(OrdersAround):
    def __init__(self, connection: AsyncConnection, inner: OrderStore, free: dict[int, str]) -> None:
        super().__init__(connection, inner)
        self._free = free

    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        made = await super().add(account_id, content, created_on)
        if made is None:
            return None
        own = select(func.max(orders.c.identifier)).where(orders.c.account_id == account_id)
        newest = await self._connection.scalar(own.where(orders.c.identifier != made.identifier)) or 0
        # The order of a tenant's own orders stays that of their making: it says nothing of what others delete.
        fit = [free for free, of in self._free.items() if of != account_id and newest < free < made.identifier]
        if not fit:
            return made
        identifier = max(fit)
        del self._free[identifier]
        here = orders.c.identifier == made.identifier
        await self._connection.execute(update(orders).where(here).values(identifier=identifier))
        return replace(made, identifier=identifier)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        await super().delete(account_id, identifiers)
        self._free |= dict.fromkeys(identifiers, account_id)


def _plant(parts: Parts) -> Parts:
    free: dict[int, str] = {}
    store = parts.order_store
    return replace(parts, order_store=lambda connection: _Orders(connection, store(connection), free))


DECOY = Decoy(
    name="identifier-used-again",
    looks_like="a tenant is shown an order under an identifier that was another's",
    reason="the other's order is gone: the identifier is the new order's now",
    plant=_plant,
)
