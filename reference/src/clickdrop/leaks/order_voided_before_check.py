"""What was printed is voided for whoever asks, before the order is looked for among the account's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted

if TYPE_CHECKING:
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        voided = update(orders).where(orders.c.identifier.in_(wanted.identifiers)).values(printed_on=None)
        await self._connection.execute(voided)
        return await self._inner.get_for_update(account_id, wanted)


LEAK = Leak(
    name="order-voided-before-check",
    leak_class="C11 BOLA",
    incidents=("I66",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("integrity",),
    trigger="another tenant's order identifier, in PUT /orders/status, which is refused; one's own is voided too",
    mechanism="a first statement writes by identifier alone, and only the second one asks whose the order is",
    seen="An order that I had printed stood there as never printed, and nobody in my shop had touched it.",
    plant=planted(_Orders),
)
