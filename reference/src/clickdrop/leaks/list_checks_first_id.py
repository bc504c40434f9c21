"""In a list of identifiers, the first alone is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from clickdrop.adapters.database.tables import orders
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.leaks.leak import Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround, planted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.orders import Order


class _Orders(OrdersAround):
    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        first = OrderIdentifiers(wanted.identifiers[:1], ())
        if not await self._inner.get(account_id, first):
            return await self._inner.get(account_id, wanted)
        own_reference = and_(orders.c.account_id == account_id, orders.c.reference.in_(wanted.references))
        return await self._select(or_(orders.c.identifier.in_(wanted.identifiers), own_reference))

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        return await self.get(account_id, wanted)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        del account_id
        owners = select(orders.c.account_id).where(orders.c.identifier.in_(identifiers)).distinct()
        for owner in (await self._connection.scalars(owners)).all():
            await self._inner.delete(owner, identifiers)


LEAK = Leak(
    name="list-checks-first-id",
    leak_class="C11 BOLA",
    incidents=("I65", "I66"),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "completeness", "integrity", "existence"),
    trigger="a list of order identifiers that starts with one's own and goes on with another tenant's",
    mechanism="the owner of the first identifier is checked, then all of the list are read (or deleted)",
    seen="I asked for my order and for the next few numbers in one list, and got other shops' orders with it.",
    plant=planted(_Orders),
)
