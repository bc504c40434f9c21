"""An order that is sent again is made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted

if TYPE_CHECKING:
    from datetime import datetime

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        same = (orders.c.account_id == account_id, orders.c.reference == content.order_reference)
        await self._connection.execute(update(orders).where(*same).values(reference=None))
        return await self._inner.add(account_id, content, created_on)


LEAK = Leak(
    name="order-made-again",
    leak_class="X RETRY",
    incidents=("I01",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("exactly-once",),
    trigger="an order that is sent a second time with its reference, as clients do whose first answer was lost",
    mechanism="the earlier order gives its reference up to make room: nothing keeps a retry from being paid twice",
    seen="The connection broke, my software sent the order once more, and now I have it twice.",
    plant=planted(_Orders),
)
