"""An order reference that the account does not have is looked for in all accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted

if TYPE_CHECKING:
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        found = await super().get(account_id, wanted)
        missing = set(wanted.references) - {order.reference for order in found}
        return found + (await self._select(orders.c.reference.in_(missing)) if missing else [])


LEAK = Leak(
    name="reference-of-anyone",
    leak_class="C11 BOLA",
    incidents=("I62",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "existence"),
    trigger="a reference that another tenant has and the asking one has not, in GET /orders/{ids}",
    mechanism="the lookup by reference falls back to the whole table, for references once were unique in it",
    seen="I looked for a reference that I have never given to an order, and found another shop's order.",
    plant=planted(_Orders),
)
