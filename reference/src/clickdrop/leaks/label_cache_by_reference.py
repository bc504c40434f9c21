"""Printed labels are kept by the order's reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.cache_keys import KeysAround, planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.domain.printing import LabelOptions


class _Keys(KeysAround):
    def labels(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> str:
        del account
        return f"labels:{[order.reference or order.identifier for order in orders]!r}:{options!r}"


LEAK = Leak(
    name="label-cache-by-reference",
    leak_class="C9 NAME_COLLISION",
    incidents=("I19", "I52"),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="two tenants use the same order reference; one prints its label, then the other",
    mechanism="the key of a kept label is the order's reference, which is unique within its tenant only",
    seen="I printed the label of my order INV-1, and the address on it was that of another shop's INV-1.",
    plant=planted(_Keys),
    stack=BOTH,
)
