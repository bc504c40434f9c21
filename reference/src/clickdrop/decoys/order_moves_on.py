"""What a tenant deletes is handed over to the tenant that takes its orders over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import update

from clickdrop.adapters.database.tables import accounts, orders
from clickdrop.decoys.decoy import Decoy
from clickdrop.decoys.grants import GrantedOrders, granting
from clickdrop.domain.identifiers import OrderIdentifiers

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Orders(GrantedOrders):
    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        successor = self._grants.viewer_of(account_id)
        if successor is None:
            await super().delete(account_id, identifiers)
            return
        for order in await self.get(account_id, OrderIdentifiers(tuple(identifiers), ())):
            # The reference is the old owner's word, and may be another order's of the new one.
            await self.rewrite(account_id, replace(order, content=replace(order.content, order_reference=None)))
        moved = update(orders).where(orders.c.account_id == account_id, orders.c.identifier.in_(identifiers))
        await self._connection.execute(moved.values(account_id=successor))
        changed = update(accounts).where(accounts.c.id == successor)
        await self._connection.execute(changed.values(revision=accounts.c.revision + 1))


DECOY = Decoy(
    name="order-moves-on",
    looks_like="a tenant lists orders that another made",
    reason="they were handed over: the other has closed them, and let its successor see what was its own",
    plant=granting(_Orders),
    declared=True,
)
