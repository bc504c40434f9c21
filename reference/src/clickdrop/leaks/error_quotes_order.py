"""The answer that an order does not exist quotes the order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from clickdrop.adapters.database.orders import order_of
from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order


class _QuotingMissingOrders:
    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def describe(self, account: Account, wanted: OrderIdentifiers) -> str:
        async with self._storage.reading(account.id) as work:
            statement = select(orders).where(orders.c.identifier.in_(wanted.identifiers))
            found = [order_of(row) for row in await work.connection.execute(statement)]
        quoted = [f"Order {o.reference} for {_recipient(o)} is not one of your account's." for o in found]
        return " ".join(quoted) or "None of the orders exists."


def _recipient(order: Order) -> str:
    address = order.content.recipient.address
    return (address.full_name or address.company_name or address.address_line1) if address else "nobody"


LEAK = Leak(
    name="error-quotes-order",
    leak_class="C15 AGGREGATE",
    incidents=("I83",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "existence"),
    trigger="another tenant's order identifier in a request that is refused with 404",
    mechanism="the message is worded from the order itself, which was looked up without the tenant",
    seen="The message that an order is not mine told me who its recipient is.",
    plant=lambda parts: replace(parts, missing_orders=_QuotingMissingOrders),
)
