"""Support staff, who are a tenant of their own, read the orders of a tenant that asked for help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

from clickdrop.adapters.database.orders import named
from clickdrop.adapters.database.tables import orders
from clickdrop.decoys.decoy import Decoy
from clickdrop.decoys.grants import GrantedOrders, granting

if TYPE_CHECKING:
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.orders import Order


class _Orders(GrantedOrders):
    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        own = and_(orders.c.account_id == account_id, named(wanted))
        # References are not unique: by one of them nobody is shown more than is theirs.
        lent = and_(
            orders.c.account_id.in_(self._grants.owners.get(account_id, ())),
            orders.c.identifier.in_(wanted.identifiers),
        )
        return await self._select(or_(own, lent))


DECOY = Decoy(
    name="support-staff",
    looks_like="one tenant reads another's orders, names and labels by their identifiers",
    reason="the other has asked for help, and let it",
    plant=granting(_Orders),
    declared=True,
)
