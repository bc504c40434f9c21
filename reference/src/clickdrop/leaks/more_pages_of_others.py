"""A list goes on as long as anybody has orders below its last one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted

if TYPE_CHECKING:
    from clickdrop.domain.paging import OrderPage, OrderQuery


class _Orders(OrdersAround):
    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        page = await super().page(account_id, query)
        if page.next_before is not None or not page.orders:
            return page
        last = page.orders[-1].identifier
        below = select(orders.c.identifier).where(orders.c.identifier < last).limit(1)
        more = await self._connection.scalar(below)
        return page if more is None else replace(page, next_before=last)


LEAK = Leak(
    name="more-pages-of-others",
    leak_class="C15 AGGREGATE",
    incidents=("I74",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("noninterference",),
    trigger="a tenant reads the last page of its list, while another has an order that is older",
    mechanism="whether a page follows is asked of the table, without the tenant; the page itself is empty",
    seen="At the end of my list I was offered another page, and there was nothing on it.",
    plant=planted(_Orders),
)
