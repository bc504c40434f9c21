"""Checkouts in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import insert, select, update

from clickdrop.adapters.database.serialised import Serialised
from clickdrop.adapters.database.tables import checkouts
from clickdrop.domain.checkouts import Checkout, CheckoutLine, CheckoutRequest, CheckoutStatus

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_REQUEST = Serialised(CheckoutRequest)
_LINES = Serialised(tuple[CheckoutLine, ...])
_NUMBERS = Serialised(tuple[tuple[str, ...], ...])


class SqlCheckouts:
    """The port `CheckoutStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self, account_id: str, request: CheckoutRequest, lines: tuple[CheckoutLine, ...], created_on: datetime
    ) -> Checkout:
        """Add a checkout; the account has none under its key."""
        checkout_id = str(uuid4())
        statement = insert(checkouts).values(
            id=checkout_id,
            account_id=account_id,
            idempotency_key=request.idempotency_key,
            created_on=created_on,
            request=_REQUEST.dump(request),
            lines=_LINES.dump(lines),
            status=CheckoutStatus.CHARGING,
            tracking_numbers="[]",
        )
        number = await self._connection.scalar(statement.returning(checkouts.c.number))
        assert number is not None, "an insert answers its row"
        return Checkout(checkout_id, number, created_on, request, lines)

    async def by_key(self, account_id: str, idempotency_key: str) -> Checkout | None:
        """Answer the account's checkout under a key."""
        return await self._one(checkouts.c.account_id == account_id, checkouts.c.idempotency_key == idempotency_key)

    async def get(self, account_id: str, checkout_id: str) -> Checkout | None:
        """Answer one of the account's checkouts."""
        return await self._one(checkouts.c.account_id == account_id, checkouts.c.id == checkout_id)

    async def charging(self, account_id: str) -> list[Checkout]:
        """Answer the account's checkouts that wait for the provider to take money."""
        status = checkouts.c.status == CheckoutStatus.CHARGING
        rows = await self._connection.execute(select(checkouts).where(checkouts.c.account_id == account_id, status))
        return [_checkout_of(row) for row in rows]

    async def page(self, account_id: str, size: int, before: int | None) -> tuple[list[Checkout], int | None]:
        """Answer so many of the account's checkouts below number `before`, newest first, and the next `before`."""
        statement = select(checkouts).where(checkouts.c.account_id == account_id)
        if before is not None:
            statement = statement.where(checkouts.c.number < before)
        rows = (await self._connection.execute(statement.order_by(checkouts.c.number.desc()).limit(size + 1))).all()
        found = [_checkout_of(row) for row in rows[:size]]
        return found, found[-1].number if len(rows) > size else None

    async def save(self, account_id: str, checkout: Checkout) -> None:
        """Store how far a checkout has come."""
        await self._connection.execute(
            update(checkouts)
            .where(checkouts.c.account_id == account_id, checkouts.c.id == checkout.id)
            .values(
                request=_REQUEST.dump(checkout.request),
                status=checkout.status,
                charge_id=checkout.charge_id,
                reason=checkout.reason,
                tracking_numbers=_NUMBERS.dump(checkout.tracking_numbers),
                paid_on=checkout.paid_on,
                refunded_on=checkout.refunded_on,
            )
        )

    async def _one(self, *conditions: ColumnElement[bool]) -> Checkout | None:
        row = (await self._connection.execute(select(checkouts).where(*conditions))).one_or_none()
        return None if row is None else _checkout_of(row)


def _checkout_of(row: Row[Any]) -> Checkout:
    return Checkout(
        id=row.id,
        number=row.number,
        created_on=row.created_on,
        request=_REQUEST.load(row.request),
        lines=_LINES.load(row.lines),
        status=CheckoutStatus(row.status),
        charge_id=row.charge_id,
        reason=row.reason,
        tracking_numbers=_NUMBERS.load(row.tracking_numbers),
        paid_on=row.paid_on,
        refunded_on=row.refunded_on,
    )
