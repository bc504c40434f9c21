"""Whose rows a statement reads is written into its plan, and the plan is used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, literal_column

from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround
from clickdrop.leaks.schema import like_orders, page_of, planted

if TYPE_CHECKING:
    from clickdrop.domain.paging import OrderPage, OrderQuery

_VIEW = like_orders("own_orders")


class _Orders(OrdersAround):
    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        del account_id
        # A statement without parameters is planned once for as long as its connection lives.
        return await page_of(self._connection, _VIEW, query, literal_column(str(query.page_size + 1), Integer))


LEAK = Leak(
    name="policy-in-reused-plan",
    leak_class="C5 CONN_STATE",
    incidents=("I34",),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="one tenant's list, then another's by the same request on the same connection to the database",
    mechanism="the function that answers the account is declared immutable, so that a plan keeps its first answer",
    seen="One time in a few, my list was that of the shop which had been the first to look that morning.",
    plant=planted(
        _Orders,
        "CREATE FUNCTION clickdrop.current_account() RETURNS text LANGUAGE sql IMMUTABLE"
        " AS $$ SELECT current_setting('clickdrop.account_id', true) $$",
        "ALTER TABLE clickdrop.orders NO FORCE ROW LEVEL SECURITY",
        "CREATE VIEW clickdrop.own_orders AS"
        " SELECT * FROM clickdrop.orders WHERE account_id = clickdrop.current_account()",
        "GRANT SELECT ON clickdrop.own_orders TO clickdrop_service",
    ),
    stack=PRODUCTION,
)
