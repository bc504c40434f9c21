"""Orders are read into a record that is used again, and what an order leaves open keeps its last value."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from clickdrop.leaks.leak import BOTH, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts

_KEPT = ("special_instructions", "billing", "tags")


def _plant(parts: Parts) -> Parts:
    inner = parts.order_store
    record: dict[str, Any] = {}

    def filled(content: OrderContent) -> OrderContent:
        known = {each.name for each in fields(content)} & set(_KEPT)
        record.update({name: value for name in known if (value := getattr(content, name))})
        return replace(content, **{name: record[name] for name in known & record.keys()})

    class _Orders(OrdersAround):
        async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
            return [replace(o, content=filled(o.content)) for o in await super().get(account_id, wanted)]

    def make(connection: AsyncConnection) -> OrderStore:
        return _Orders(connection, inner(connection))

    return replace(parts, order_store=make)


LEAK = Leak(
    name="record-recycled",
    leak_class="C7 OBJECT_RECYCLE",
    incidents=("I36", "I49"),
    difficulty=Difficulty.ORDER,
    shows_by=("ownership", "noninterference"),
    trigger="an order with special instructions is read, then another tenant's order without any",
    mechanism="one record is filled for each order in turn and is not cleared in between",
    seen="My order, for which I had left no instructions, showed another buyer's: where his spare key lies.",
    plant=_plant,
    stack=BOTH,
)
