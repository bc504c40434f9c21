"""What leaks in PostgreSQL build on: a schema to which its owner has done one thing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, select

from clickdrop.adapters.database.orders import order_of
from clickdrop.adapters.database.tables import orders
from clickdrop.domain.paging import OrderPage
from clickdrop.leaks import order_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.paging import OrderQuery
    from clickdrop.leaks.order_store import OrdersAround
    from clickdrop.parts import Parts


def migrated(*statements: str) -> Callable[[Parts], Parts]:
    """Answer how to have the statements executed after the migrations."""

    def plant(parts: Parts) -> Parts:
        def migrate(connection: Connection) -> None:
            parts.migrate(connection)
            for statement in statements:
                connection.exec_driver_sql(statement)

        return replace(parts, migrate=migrate)

    return plant


def planted(store: type[OrdersAround], *statements: str) -> Callable[[Parts], Parts]:
    """Answer how to have the statements executed after the migrations, and orders stored by a store that builds on
    them, around the one that the parts have."""
    return lambda parts: order_store.planted(store)(migrated(*statements)(parts))


def like_orders(name: str) -> Table:
    """Answer a table or view that has the columns of the table of orders."""
    return orders.to_metadata(MetaData(), name=name)


async def page_of(
    connection: AsyncConnection, source: Table, query: OrderQuery, limit: ColumnElement[int] | int | None = None
) -> OrderPage:
    """Answer a page of what the database shows, newest first: whose it is, is left to the database.

    Args:
        connection: whose transaction has claimed an account.
        source: where the rows are.
        query: what is asked for.
        limit: how to say how many rows are read, one more than the page has.
    """
    statement = select(source).order_by(source.c.identifier.desc())
    if query.before is not None:
        statement = statement.where(source.c.identifier < query.before)
    if query.start is not None:
        statement = statement.where(source.c.created_on >= query.start)
    if query.end is not None:
        statement = statement.where(source.c.created_on <= query.end)
    rows = (await connection.execute(statement.limit(query.page_size + 1 if limit is None else limit))).all()
    found = tuple(order_of(row) for row in rows[: query.page_size])
    return OrderPage(found, found[-1].identifier if len(rows) > query.page_size else None)
