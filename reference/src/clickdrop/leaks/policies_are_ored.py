"""A second policy, which was to show less, shows more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.adapters.database.orders import named
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround
from clickdrop.leaks.schema import planted

if TYPE_CHECKING:
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        del account_id
        return await self._select(named(wanted))


LEAK = Leak(
    name="policies-are-ored",
    leak_class="C13 DB_POLICY",
    incidents=("I86",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "existence"),
    trigger="another tenant's order identifier in GET /orders/{ids}, its /full or its /label",
    mechanism="a policy that was to hide old orders is permissive, and of such policies one that agrees is enough",
    seen="With an order's number alone I opened orders that other shops had taken lately.",
    plant=planted(
        _Orders,
        "CREATE POLICY recent ON clickdrop.orders FOR SELECT TO clickdrop_service"
        " USING (created_on > localtimestamp - interval '2 years')",
    ),
    stack=PRODUCTION,
)
