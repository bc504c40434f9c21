"""What leaks in the keys of caches build on: keys around other ones, which may have a leak of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.service.cache_keys import CacheKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import OrderQuery
    from clickdrop.domain.printing import LabelOptions
    from clickdrop.parts import Parts


class KeysAround(CacheKeys):
    """Hands on to other keys all that a subclass does not change."""

    def __init__(self, inner: CacheKeys) -> None:
        self._inner = inner

    def orders(self, account: Account, query: OrderQuery) -> str:
        """Hand on."""
        return self._inner.orders(account, query)

    def labels(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> str:
        """Hand on."""
        return self._inner.labels(account, orders, options)

    def carriers(self, account: Account) -> str:
        """Hand on."""
        return self._inner.carriers(account)


def planted(keys: type[KeysAround]) -> Callable[[Parts], Parts]:
    """Answer how to put keys around those that the parts have."""
    return lambda parts: replace(parts, cache_keys=keys(parts.cache_keys))
