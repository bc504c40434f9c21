"""Manifests and returns in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from clickdrop.adapters.database.serialised import Serialised
from clickdrop.adapters.database.tables import manifests, returns
from clickdrop.domain.documents import ManifestRow
from clickdrop.domain.manifests import Manifest
from clickdrop.domain.returns import ReturnContent

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.returns import Return

_ROWS = Serialised(tuple[ManifestRow, ...])
_RETURN = Serialised(ReturnContent)


class SqlManifests:
    """The port `ManifestStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self, account_id: str, carrier_name: str, rows: tuple[ManifestRow, ...], created_on: datetime
    ) -> Manifest:
        """Add a manifest; its number is unique over all accounts."""
        statement = insert(manifests).values(
            account_id=account_id, carrier_name=carrier_name, created_on=created_on, content=_ROWS.dump(rows)
        )
        number = await self._connection.scalar(statement.returning(manifests.c.number))
        assert number is not None, "an insert answers its row"
        return Manifest(number, carrier_name, created_on, rows)

    async def get(self, account_id: str, number: int) -> Manifest | None:
        """Answer one of the account's manifests."""
        statement = select(manifests).where(manifests.c.account_id == account_id, manifests.c.number == number)
        row = (await self._connection.execute(statement)).one_or_none()
        if row is None:
            return None
        return Manifest(row.number, row.carrier_name, row.created_on, _ROWS.load(row.content))


class SqlReturns:
    """The port `ReturnStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account_id: str, item: Return, created_on: datetime) -> None:
        """Add a return."""
        await self._connection.execute(
            insert(returns).values(
                tracking_number=item.tracking_number,
                account_id=account_id,
                unique_item_id=item.unique_item_id,
                created_on=created_on,
                content=_RETURN.dump(item.content),
            )
        )
