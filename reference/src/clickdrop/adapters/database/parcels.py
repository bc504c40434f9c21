"""Parcels in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, tuple_, update

from clickdrop.adapters.database.serialised import Serialised
from clickdrop.adapters.database.tables import parcels
from clickdrop.domain.parcels import Parcel, ParcelEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_EVENTS = Serialised(tuple[ParcelEvent, ...])
_SAVE = (
    update(parcels)
    .where(parcels.c.tracking_number == bindparam("key_number"), parcels.c.account_id == bindparam("key_account"))
    .values(events=bindparam("events"))
)


class SqlParcels:
    """The port `ParcelStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account_id: str, added: Sequence[Parcel]) -> None:
        """Add parcels."""
        rows = [
            {
                "tracking_number": parcel.tracking_number,
                "account_id": account_id,
                "order_identifier": parcel.order_identifier,
                "created_on": parcel.events[0].at,
                "events": _EVENTS.dump(parcel.events),
            }
            for parcel in added
        ]
        await self._connection.execute(insert(parcels), rows)

    async def get(self, account_id: str, tracking_numbers: Iterable[str]) -> list[Parcel]:
        """Answer those of the account's parcels that are asked for."""
        statement = select(parcels).where(
            parcels.c.account_id == account_id, parcels.c.tracking_number.in_(list(tracking_numbers))
        )
        rows = await self._connection.execute(statement.order_by(parcels.c.tracking_number))
        return [_parcel_of(row) for row in rows]

    async def page(self, account_id: str, size: int, before: str | None) -> tuple[list[Parcel], str | None]:
        """Answer so many of the account's parcels, latest label first, and the next `before`."""
        place = tuple_(parcels.c.created_on, parcels.c.tracking_number)
        statement = select(parcels).where(parcels.c.account_id == account_id)
        if before is not None:
            last = select(parcels.c.created_on, parcels.c.tracking_number).where(
                parcels.c.account_id == account_id, parcels.c.tracking_number == before
            )
            statement = statement.where(place < last.scalar_subquery())
        ordered = statement.order_by(parcels.c.created_on.desc(), parcels.c.tracking_number.desc())
        rows = (await self._connection.execute(ordered.limit(size + 1))).all()
        found = [_parcel_of(row) for row in rows[:size]]
        return found, found[-1].tracking_number if len(rows) > size else None

    async def save(self, account_id: str, changed: Iterable[Parcel]) -> None:
        """Store what has happened to parcels."""
        rows = [
            {"key_number": parcel.tracking_number, "key_account": account_id, "events": _EVENTS.dump(parcel.events)}
            for parcel in changed
        ]
        if rows:
            await self._connection.execute(_SAVE, rows)

    async def tracked(self, tracking_number: str) -> tuple[str, Parcel] | None:
        """Answer the parcel with this number, and whose it is."""
        statement = select(parcels).where(parcels.c.tracking_number == tracking_number)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else (row.account_id, _parcel_of(row))


def _parcel_of(row: Row[Any]) -> Parcel:
    return Parcel(row.tracking_number, row.order_identifier, _EVENTS.load(row.events))
