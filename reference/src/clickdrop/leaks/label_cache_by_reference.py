"""Printed labels are kept by the order's reference."""

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
        return self._keys.orders(account, query)

    def labels(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> str:
        del account
        return f"labels:{[order.reference or order.identifier for order in orders]!r}:{options!r}"


LEAK = Leak(
    name="label-cache-by-reference",
    leak_class="C9 NAME_COLLISION",
    incidents=("I19", "I55"),
    trigger="two tenants use the same order reference; one prints its label, then the other",
    mechanism="the key of a kept label is the order's reference, which is unique within its tenant only",
    plant=lambda parts: replace(parts, cache_keys=_Keys(parts.cache_keys)),
    stack=BOTH,
)
