"""References are in a table of their own, which all tenants share, and what is deleted there takes orders along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, Table, delete, select

from clickdrop.adapters.database.tables import orders
from clickdrop.adapters.database.tables.columns import FreeText
from clickdrop.adapters.database.upserts import insert
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround
from clickdrop.leaks.schema import planted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order

_REFERENCES = Table("order_references", MetaData(), Column("reference", FreeText, primary_key=True))


class _Orders(OrdersAround):
    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        await self._refer(content)
        return await super().add(account_id, content, created_on)

    async def rewrite(self, account_id: str, order: Order) -> bool:
        await self._refer(order.content)
        return await super().rewrite(account_id, order)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        own = orders.c.account_id == account_id, orders.c.identifier.in_(identifiers)
        references = (await self._connection.scalars(select(orders.c.reference).where(*own))).all()
        await super().delete(account_id, identifiers)
        await self._connection.execute(delete(_REFERENCES).where(_REFERENCES.c.reference.in_(references)))

    async def _refer(self, content: OrderContent) -> None:
        if content.order_reference is not None:
            statement = insert(self._connection, _REFERENCES).values(reference=content.order_reference)
            await self._connection.execute(statement.on_conflict_do_nothing())


LEAK = Leak(
    name="deletion-cascades-to-all",
    leak_class="C13 DB_POLICY",
    incidents=("I81",),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("completeness", "noninterference", "integrity"),
    trigger="a tenant deletes an order of its own, of whose reference another tenant has an order",
    mechanism="the reference is a row of all tenants', its deletion cascades, and no policy binds what cascades",
    seen="An order of mine was gone one day, and nobody in my shop had deleted it.",
    plant=planted(
        _Orders,
        "CREATE TABLE clickdrop.order_references (reference text PRIMARY KEY)",
        "GRANT SELECT, INSERT, DELETE ON clickdrop.order_references TO clickdrop_service",
        "ALTER TABLE clickdrop.orders"
        " ADD FOREIGN KEY (reference) REFERENCES clickdrop.order_references ON DELETE CASCADE",
    ),
    stack=PRODUCTION,
)
