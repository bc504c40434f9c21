"""Carriers are kept by the kind of account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.cache_keys import KeysAround, planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account


class _Keys(KeysAround):
    def carriers(self, account: Account) -> str:
        return f"carriers:{account.kind}"


LEAK = Leak(
    name="carriers-cache-by-kind",
    leak_class="C2 APP_CACHE_KEY",
    incidents=("I15", "I20"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "echo", "completeness", "noninterference"),
    trigger="two tenants of one kind of account read their carriers while the first answer is kept",
    mechanism="carriers look the same for all accounts of a kind, so their kept list is named by the kind alone",
    seen="The carriers that I was offered were another shop's, and mine were not among them.",
    plant=planted(_Keys),
    stack=BOTH,
)
