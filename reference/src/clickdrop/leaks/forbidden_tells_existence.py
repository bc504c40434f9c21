"""An order that another account has is forbidden, one that nobody has is not found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from clickdrop.adapters.database.orders import named
from clickdrop.adapters.database.tables import orders
from clickdrop.domain.errors import FeatureUnavailable
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.service.missing_orders import PlainMissingOrders

if TYPE_CHECKING:
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.identifiers import OrderIdentifiers


class _ForbiddenOrders(PlainMissingOrders):
    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def describe(self, account: Account, wanted: OrderIdentifiers) -> str:
        async with self._storage.reading(account.id) as work:
            there = await work.connection.scalar(select(orders.c.identifier).where(named(wanted)).limit(1))
        if there is not None:
            raise FeatureUnavailable("The account may not see these orders.")
        return await super().describe(account, wanted)


LEAK = Leak(
    name="forbidden-tells-existence",
    leak_class="C15 AGGREGATE",
    incidents=("I83",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("existence",),
    trigger="another tenant's order identifier, then one that nobody has",
    mechanism="the order is looked up without the tenant, and who may see it is asked afterwards: 403 against 404",
    seen="Some numbers were forbidden to me and others unknown, so I could tell which orders other shops have.",
    plant=lambda parts: replace(parts, missing_orders=_ForbiddenOrders),
)
