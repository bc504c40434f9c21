"""Items in the post in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from clickdrop.adapters.database.tables import items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


class SqlItems:
    """The port `ItemStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account_id: str, count: int) -> Sequence[int]:
        """Add items of the account, and answer their serial numbers."""
        statement = insert(items).values([{"account_id": account_id}] * count).returning(items.c.serial)
        return sorted((await self._connection.scalars(statement)).all())
