"""Lists of orders are kept under keys that forget whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.cache_keys import KeysAround, planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.paging import OrderQuery


class _Keys(KeysAround):
    def orders(self, account: Account, query: OrderQuery) -> str:
        del account
        return f"orders:{query!r}"


LEAK = Leak(
    name="order-list-cache-without-tenant",
    leak_class="C2 APP_CACHE_KEY",
    incidents=("I16", "I20"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="one tenant lists its orders, then another sends the same list request while the first answer is kept",
    mechanism="the key of a kept list is made of the query alone, without tenant and revision",
    seen="My list of orders was another shop's, and some moments later it was mine again.",
    plant=planted(_Keys),
    stack=BOTH,
)
