"""Orders are read by their identifiers, whoever's they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted

if TYPE_CHECKING:
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        own_reference = and_(orders.c.account_id == account_id, orders.c.reference.in_(wanted.references))
        return await self._select(or_(orders.c.identifier.in_(wanted.identifiers), own_reference))


LEAK = Leak(
    name="order-read-without-tenant",
    leak_class="C11 BOLA",
    incidents=("I62", "I63", "I67"),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "existence"),
    trigger="another tenant's order identifier in GET /orders/{ids}, its /full or its /label",
    mechanism="orders are selected by identifier alone: being authenticated is the only check",
    seen="I mistyped the number of an order, and was given another shop's, with its recipient's address.",
    plant=planted(_Orders),
)
