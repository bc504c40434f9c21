"""The answer that an order does not exist says how many do, all accounts taken together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from clickdrop.adapters.database.tables import orders
from clickdrop.leaks.leak import Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.identifiers import OrderIdentifiers


class _CountingMissingOrders:
    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def describe(self, account: Account, wanted: OrderIdentifiers) -> str:
        del wanted
        async with self._storage.reading(account.id) as work:
            count = await work.connection.scalar(select(func.count()).select_from(orders))
        return f"None of the orders exists: searched {count}."


LEAK = Leak(
    name="error-counts-all-orders",
    leak_class="C15 AGGREGATE",
    incidents=("I85",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("noninterference",),
    trigger="a request for an order that does not exist, while other tenants have orders",
    mechanism="the count in the message is taken of the table, without the tenant",
    seen="The message that there is no such order counted far more orders than I have, and more every day.",
    plant=lambda parts: replace(parts, missing_orders=_CountingMissingOrders),
)
