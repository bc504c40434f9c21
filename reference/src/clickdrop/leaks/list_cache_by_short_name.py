"""Lists of orders are kept by a short name of the account, which others have as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.cache_keys import KeysAround, planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.paging import OrderQuery


class _Keys(KeysAround):
    def orders(self, account: Account, query: OrderQuery) -> str:
        return f"orders:{account.name.split()[0].lower()}:{account.revision}:{query!r}"


LEAK = Leak(
    name="list-cache-by-short-name",
    leak_class="C2 APP_CACHE_KEY",
    incidents=("I17", "I21"),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="two tenants whose names begin with one word, and who have changed as often, send the same list request",
    mechanism="the key of a kept list has a short name of the account in it, which is no name of one account alone",
    seen="My list of orders was that of a shop whose name begins as mine does.",
    plant=planted(_Keys),
    stack=BOTH,
)
