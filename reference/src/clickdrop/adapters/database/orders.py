"""Orders in the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from clickdrop.adapters.database.serialised import Serialised
from clickdrop.adapters.database.tables import deleted_orders, orders
from clickdrop.adapters.database.upserts import insert
from clickdrop.domain.content import OrderContent
from clickdrop.domain.orders import Order, OrderStatus, OtherCourier
from clickdrop.domain.paging import Found, OrderPage, OrderSort

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.paging import OrderQuery, OrderSearch

_BATCH = 1000
_CONTENT = Serialised(OrderContent)
_OTHER_COURIER = Serialised(OtherCourier)
_SAVE = (
    update(orders)
    .where(orders.c.identifier == bindparam("key_identifier"), orders.c.account_id == bindparam("key_account"))
    .values({name: bindparam(name) for name in ("status", "printed_on", "manifested_on", "shipped_on")})
    .values({name: bindparam(name) for name in ("tracking_numbers", "other_courier")})
)
_SORTS = {
    OrderSort.NEWEST: (orders.c.identifier.desc(),),
    OrderSort.OLDEST: (orders.c.identifier,),
    OrderSort.REFERENCE: (orders.c.reference, orders.c.identifier.desc()),
    OrderSort.STATUS: (orders.c.status, orders.c.identifier.desc()),
}


class SqlOrders:
    """The port `OrderStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Answer the account's orders among those wanted, by ascending identifier, each once."""
        return await self._select(orders.c.account_id == account_id, named(wanted))

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Do as `get`; the transaction is the only one that writes what is the account's."""
        return await self._select(orders.c.account_id == account_id, named(wanted))

    async def made(self, account_id: str, identifiers: Collection[int]) -> list[tuple[int, datetime]]:
        """Answer which of these identifiers, however many, the account's orders have or had, and since when each."""
        found: list[tuple[int, datetime]] = []
        ordered = sorted(identifiers)
        for table in (orders, deleted_orders):
            own = select(table.c.identifier, table.c.created_on).where(table.c.account_id == account_id)
            for start in range(0, len(ordered), _BATCH):
                rows = await self._connection.execute(
                    own.where(table.c.identifier.in_(ordered[start : start + _BATCH]))
                )
                found += [(row.identifier, row.created_on) for row in rows]
        return found

    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        """Answer a page of the account's orders, newest first."""
        conditions = [orders.c.account_id == account_id]
        if query.before is not None:
            conditions.append(orders.c.identifier < query.before)
        if query.start is not None:
            conditions.append(orders.c.created_on >= query.start)
        if query.end is not None:
            conditions.append(orders.c.created_on <= query.end)
        statement = select(orders).where(*conditions).order_by(orders.c.identifier.desc())
        rows = (await self._connection.execute(statement.limit(query.page_size + 1))).all()
        found = tuple(order_of(row) for row in rows[: query.page_size])
        return OrderPage(found, found[-1].identifier if len(rows) > query.page_size else None)

    async def search(self, account_id: str, search: OrderSearch) -> Found:
        """Answer a page of those of the account's orders that a search finds."""
        conditions = [orders.c.account_id == account_id]
        if search.text:
            conditions.append(
                or_(
                    orders.c.search.contains(search.text.lower(), autoescape=True),
                    orders.c.tracking_numbers.contains(search.text.upper(), autoescape=True),
                )
            )
        if search.status is not None:
            conditions.append(orders.c.status == search.status)
        statement = select(orders).where(*conditions).order_by(*_SORTS[search.sort])
        first = (search.page - 1) * search.page_size
        rows = await self._connection.execute(statement.offset(first).limit(search.page_size))
        total = await self._connection.scalar(select(func.count()).select_from(orders).where(*conditions))
        return Found(tuple(order_of(row) for row in rows), total or 0)

    async def manifestable(self, account_id: str) -> list[Order]:
        """Answer the account's orders that wait for a manifest, by ascending identifier."""
        return await self._select(
            orders.c.account_id == account_id,
            orders.c.status.in_([OrderStatus.LABEL_GENERATED, OrderStatus.DESPATCHED]),
            orders.c.tracking_numbers != "[]",
            orders.c.manifested_on.is_(None),
        )

    async def awaiting_postage(self, account_id: str, count: int) -> list[Order]:
        """Answer so many of the account's orders that have no postage yet, newest first."""
        statement = (
            select(orders)
            .where(
                orders.c.account_id == account_id,
                orders.c.status.in_([OrderStatus.NEW, OrderStatus.DESPATCHED]),
                orders.c.tracking_numbers == "[]",
            )
            .order_by(orders.c.identifier.desc())
            .limit(count)
        )
        return [order_of(row) for row in await self._connection.execute(statement)]

    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        """Add an order; `None` if the account has one with its reference."""
        statement = insert(self._connection, orders).values(
            account_id=account_id,
            reference=content.order_reference,
            created_on=created_on,
            content=_CONTENT.dump(content),
            status=OrderStatus.NEW,
            tracking_numbers="[]",
            search=_searched(content),
        )
        unique = ["account_id", "reference"]
        identifier = await self._connection.scalar(
            statement.on_conflict_do_nothing(index_elements=unique).returning(orders.c.identifier)
        )
        return None if identifier is None else Order(identifier, created_on, content)

    async def save(self, account_id: str, changed: Iterable[Order]) -> None:
        """Store how far the account's orders have come."""
        rows = [
            {"key_account": account_id, "key_identifier": order.identifier, **_progress(order)} for order in changed
        ]
        if rows:
            await self._connection.execute(_SAVE, rows)

    async def rewrite(self, account_id: str, order: Order) -> bool:
        """Store what one of the account's orders is; false if another one of the account's has its reference."""
        content = order.content
        statement = update(orders).where(orders.c.account_id == account_id, orders.c.identifier == order.identifier)
        values = {"reference": content.order_reference, "content": _CONTENT.dump(content), "search": _searched(content)}
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(statement.values(values))
        except IntegrityError:
            return False
        return True

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        """Delete the account's orders with these identifiers; whose they were is kept."""
        own = (orders.c.account_id == account_id, orders.c.identifier.in_(identifiers))
        kept = deleted_orders.c.keys()
        await self._connection.execute(
            insert(self._connection, deleted_orders).from_select(
                kept, select(*(orders.c[name] for name in kept)).where(*own)
            )
        )
        await self._connection.execute(delete(orders).where(*own))

    async def _select(self, *conditions: ColumnElement[bool]) -> list[Order]:
        statement = select(orders).where(*conditions).order_by(orders.c.identifier)
        return [order_of(row) for row in await self._connection.execute(statement)]


def named(wanted: OrderIdentifiers) -> ColumnElement[bool]:
    """Select the orders with these identifiers or references, whoever owns them."""
    return or_(orders.c.identifier.in_(wanted.identifiers), orders.c.reference.in_(wanted.references))


def order_of(row: Row[Any]) -> Order:
    """Read an order from its row."""
    return Order(
        identifier=row.identifier,
        created_on=row.created_on,
        content=_CONTENT.load(row.content),
        status=OrderStatus(row.status),
        printed_on=row.printed_on,
        manifested_on=row.manifested_on,
        shipped_on=row.shipped_on,
        tracking_numbers=tuple(json.loads(row.tracking_numbers)),
        other_courier=_OTHER_COURIER.load(row.other_courier) if row.other_courier else None,
    )


def _progress(order: Order) -> dict[str, Any]:
    return {
        "status": order.status,
        "printed_on": order.printed_on,
        "manifested_on": order.manifested_on,
        "shipped_on": order.shipped_on,
        "tracking_numbers": json.dumps(order.tracking_numbers),
        "other_courier": _OTHER_COURIER.dump(order.other_courier) if order.other_courier else None,
    }


def _searched(content: OrderContent) -> str:
    """Answer the words by which the order is found."""
    address = content.recipient.address
    names = (address.full_name, address.company_name, address.city, address.postcode) if address else ()
    return "\n".join(word for word in (content.order_reference, *names) if word).lower()
