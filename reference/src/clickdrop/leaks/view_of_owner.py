"""Lists of orders are read from a view, which sees what its owner sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround
from clickdrop.leaks.schema import like_orders, page_of, planted

if TYPE_CHECKING:
    from clickdrop.domain.paging import OrderPage, OrderQuery

_VIEW = like_orders("order_list")


class _Orders(OrdersAround):
    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        del account_id
        return await page_of(self._connection, _VIEW, query)


LEAK = Leak(
    name="view-of-owner",
    leak_class="C13 DB_POLICY",
    incidents=("I70",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "noninterference"),
    trigger="any list of orders, while another tenant has some",
    mechanism="a view without security_invoker is read with its owner's rights, whom row-level security does not bind",
    seen="My list of orders went on and on: every other shop's were in it as well.",
    plant=planted(
        _Orders,
        "ALTER TABLE clickdrop.orders NO FORCE ROW LEVEL SECURITY",
        "CREATE VIEW clickdrop.order_list AS SELECT * FROM clickdrop.orders",
        "GRANT SELECT ON clickdrop.order_list TO clickdrop_service",
    ),
    stack=PRODUCTION,
)
