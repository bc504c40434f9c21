"""What leaks in the order store build on: a store around another one, which may have a leak of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.adapters.database.orders import SqlOrders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import Found, OrderPage, OrderQuery, OrderSearch
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts


class OrdersAround(SqlOrders):
    """Hands on to another store all that a subclass does not change."""

    def __init__(self, connection: AsyncConnection, inner: OrderStore) -> None:
        super().__init__(connection)
        self._inner = inner

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Hand on."""
        return await self._inner.get(account_id, wanted)

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Hand on."""
        return await self._inner.get_for_update(account_id, wanted)

    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        """Hand on."""
        return await self._inner.page(account_id, query)

    async def search(self, account_id: str, search: OrderSearch) -> Found:
        """Hand on."""
        return await self._inner.search(account_id, search)

    async def rewrite(self, account_id: str, order: Order) -> bool:
        """Hand on."""
        return await self._inner.rewrite(account_id, order)

    async def manifestable(self, account_id: str) -> list[Order]:
        """Hand on."""
        return await self._inner.manifestable(account_id)

    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        """Hand on."""
        return await self._inner.add(account_id, content, created_on)

    async def save(self, account_id: str, changed: Iterable[Order]) -> None:
        """Hand on."""
        await self._inner.save(account_id, changed)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        """Hand on."""
        await self._inner.delete(account_id, identifiers)


def planted(store: type[OrdersAround]) -> Callable[[Parts], Parts]:
    """Answer how to put a store around the one that the parts have."""

    def plant(parts: Parts) -> Parts:
        return replace(parts, order_store=lambda connection: store(connection, parts.order_store(connection)))

    return plant
