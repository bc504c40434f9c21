"""Orders that were read lately are kept by their identifiers, and whose they are is asked of the database only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.orders import Order
from clickdrop.leaks.leak import BOTH, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from clickdrop.domain.ports.cache import Cache
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts

KEPT_SECONDS = 5
_ORDER: TypeAdapter[Order] = TypeAdapter(Order)
_CHANGED = b""


class _Orders(OrdersAround):
    def __init__(self, connection: AsyncConnection, inner: OrderStore, cache: Cache) -> None:
        super().__init__(connection, inner)
        self._cache = cache

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        kept = {identifier: await self._cache.get(_name(identifier)) for identifier in wanted.identifiers}
        others = tuple(identifier for identifier, value in kept.items() if not value)
        found = await super().get(account_id, OrderIdentifiers(others, wanted.references))
        for order in found:
            await self._keep(order.identifier, _ORDER.dump_json(order))
        found += [_ORDER.validate_json(value) for value in kept.values() if value]
        return sorted({order.identifier: order for order in found}.values(), key=lambda order: order.identifier)

    async def save(self, account_id: str, changed: Iterable[Order]) -> None:
        orders = list(changed)
        await super().save(account_id, orders)
        for order in orders:
            await self._keep(order.identifier, _CHANGED)

    async def rewrite(self, account_id: str, order: Order) -> bool:
        await self._keep(order.identifier, _CHANGED)
        return await super().rewrite(account_id, order)

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        await super().delete(account_id, identifiers)
        for identifier in identifiers:
            await self._keep(identifier, _CHANGED)

    async def _keep(self, identifier: int, value: bytes) -> None:
        await self._cache.set(_name(identifier), value, KEPT_SECONDS)


def _name(identifier: int) -> str:
    return f"order:{identifier}"


def _plant(parts: Parts) -> Parts:
    made: list[Cache] = []

    def make() -> Cache:
        made.append(parts.cache())
        return made[-1]

    def store(connection: AsyncConnection) -> OrderStore:
        return _Orders(connection, parts.order_store(connection), made[-1])

    return replace(parts, cache=make, order_store=store)


LEAK = Leak(
    name="kept-order-of-anyone",
    leak_class="C11 BOLA",
    incidents=("I79",),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "existence"),
    trigger="a tenant reads an order by its identifier, then another asks for that identifier within five seconds",
    mechanism="the account is compared where an order is read; what is kept of an earlier reading comes before that",
    seen="I mistyped an order's number while the shop whose order it is was looking at it, and I was shown it too.",
    plant=_plant,
    stack=BOTH,
)
