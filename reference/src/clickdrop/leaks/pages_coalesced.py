"""Whoever asks for a page that is being read waits for that reading."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.leak import BOTH, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.paging import OrderPage, OrderQuery
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts


def _plant(parts: Parts) -> Parts:
    inner = parts.order_store
    reading: dict[OrderQuery, asyncio.Future[OrderPage]] = {}

    class _Orders(OrdersAround):
        async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
            if query in reading:
                return await asyncio.shield(reading[query])
            reading[query] = asyncio.ensure_future(super().page(account_id, query))
            try:
                return await asyncio.shield(reading[query])
            finally:
                del reading[query]

    def make(connection: AsyncConnection) -> OrderStore:
        return _Orders(connection, inner(connection))

    return replace(parts, order_store=make)


LEAK = Leak(
    name="pages-coalesced",
    leak_class="C3 COALESCE",
    incidents=("I10", "I22"),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "completeness"),
    trigger="two tenants ask for the same page of their lists at the same moment, neither of which is kept yet",
    mechanism="readings under way are shared by what is asked, and not by who asks",
    seen="Another shop and I opened our lists at the same instant, and the list that we both got was theirs.",
    plant=_plant,
    stack=BOTH,
)
