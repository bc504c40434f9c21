"""An order's reference is taken if anybody's order has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround
from clickdrop.leaks.schema import planted

if TYPE_CHECKING:
    from datetime import datetime

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        try:
            async with self._connection.begin_nested():
                return await super().add(account_id, content, created_on)
        except IntegrityError:
            return None


LEAK = Leak(
    name="reference-unique-to-all",
    leak_class="C15 AGGREGATE",
    incidents=("I84",),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("noninterference", "existence"),
    trigger="an order is sent whose reference another tenant's order has",
    mechanism="a unique index leaves out the account; indexes see all rows, whatever the policies let the tenant see",
    seen="My new order's reference was said to be taken, and no order of mine has it.",
    plant=planted(_Orders, "CREATE UNIQUE INDEX orders_by_reference ON clickdrop.orders (reference)"),
    stack=PRODUCTION,
)
