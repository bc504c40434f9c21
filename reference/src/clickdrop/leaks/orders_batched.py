"""Orders that are asked for at the same moment are read together, for the account that asked first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.leaks.leak import BOTH, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts

WINDOW_SECONDS = 0.003


@dataclass
class _Batch:
    wanted: list[OrderIdentifiers] = field(default_factory=list)
    found: asyncio.Future[list[Order]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def _plant(parts: Parts) -> Parts:
    inner = parts.order_store
    batches: list[_Batch] = []

    class _Orders(OrdersAround):
        async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
            if batches:
                batches[0].wanted.append(wanted)
                found = await asyncio.shield(batches[0].found)
            else:
                found = await self._first(account_id, wanted)
            return [o for o in found if o.identifier in wanted.identifiers or o.reference in wanted.references]

        async def _first(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
            batch = _Batch([wanted])
            batches.append(batch)
            try:
                await asyncio.sleep(WINDOW_SECONDS)
            finally:
                batches.remove(batch)
                if not batch.found.done() and (task := asyncio.current_task()) and task.cancelling():
                    batch.found.cancel()
            identifiers = tuple(each for one in batch.wanted for each in one.identifiers)
            references = tuple(each for one in batch.wanted for each in one.references)
            found = await super().get(account_id, OrderIdentifiers(identifiers, references))
            batch.found.set_result(found)
            return found

    def make(connection: AsyncConnection) -> OrderStore:
        return _Orders(connection, inner(connection))

    return replace(parts, order_store=make)


LEAK = Leak(
    name="orders-batched",
    leak_class="C3 COALESCE",
    incidents=("I22", "I23"),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "completeness"),
    trigger="two tenants ask for orders by the same reference within three milliseconds",
    mechanism="a loader gathers what is asked in a moment and asks once, in the name of whoever came first",
    seen="I looked up my order INV-1 just as another shop looked up its own INV-1, and theirs is what I got.",
    plant=_plant,
    stack=BOTH,
)
