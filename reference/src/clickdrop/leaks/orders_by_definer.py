"""Orders are looked up by a function of the database, which sees what its owner sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from clickdrop.adapters.database.orders import order_of
from clickdrop.adapters.database.tables import orders
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround
from clickdrop.leaks.schema import planted

if TYPE_CHECKING:
    from clickdrop.domain.orders import Order

_BY_REFERENCE = text("SELECT * FROM orders_by_reference(:reference)").columns(*orders.c)


class _Orders(OrdersAround):
    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        found = await super().get(account_id, OrderIdentifiers(wanted.identifiers, ()))
        for reference in wanted.references:
            rows = await self._connection.execute(_BY_REFERENCE, {"reference": reference})
            found += [order_of(row) for row in rows]
        return sorted({order.identifier: order for order in found}.values(), key=lambda order: order.identifier)


LEAK = Leak(
    name="orders-by-definer",
    leak_class="C13 DB_POLICY",
    incidents=("I70",),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "noninterference", "existence"),
    trigger="a reference that another tenant's order has too, in GET /orders/{ids}, its /full or its /label",
    mechanism="the function is SECURITY DEFINER, and row-level security does not bind the owner whose rights it has",
    seen="I looked up one order by its reference and got two, of which one was another shop's.",
    plant=planted(
        _Orders,
        "ALTER TABLE clickdrop.orders NO FORCE ROW LEVEL SECURITY",
        "CREATE FUNCTION clickdrop.orders_by_reference(text) RETURNS SETOF clickdrop.orders"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = clickdrop"
        " AS 'SELECT * FROM orders WHERE reference = $1'",
    ),
    stack=PRODUCTION,
)
