"""Lists of orders are kept under keys that forget whose they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.leak import BOTH, Leak
from clickdrop.service.cache_keys import CacheKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import OrderQuery
    from clickdrop.domain.printing import LabelOptions


class _Keys(CacheKeys):
    def __init__(self, keys: CacheKeys) -> None:
        self._keys = keys

    def orders(self, account: Account, query: OrderQuery) -> str:
        del account
        return f"orders:{query!r}"

    def labels(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> str:
        return self._keys.labels(account, orders, options)


LEAK = Leak(
    name="order-list-cache-without-tenant",
    leak_class="C2 APP_CACHE_KEY",
    incidents=("I16", "I20"),
    trigger="one tenant lists its orders, then another sends the same list request while the first answer is kept",
    mechanism="the key of a kept list is made of the query alone, without tenant and revision",
    plant=lambda parts: replace(parts, cache_keys=_Keys(parts.cache_keys)),
    stack=BOTH,
)
