"""Orders have a number that each tenant counts for itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from clickdrop.decoys.answers import Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class _Numbering(Editing):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._next: Counter[str] = Counter()
        self._numbers: defaultdict[str, dict[int, str]] = defaultdict(dict)

    def edit(self, answer: Answer) -> None:
        account_id, document = answer.account_id, answer.document
        if account_id is None or document is None:
            return
        for order in sorted(answer.orders(document), key=lambda order: order["orderIdentifier"]):
            order["pickingNumber"] = self._number(account_id, order["orderIdentifier"])
        answer.rewrite(document)

    def _number(self, account_id: str, identifier: int) -> str:
        numbers = self._numbers[account_id]
        if identifier not in numbers:
            self._next[account_id] += 1
            numbers[identifier] = f"PICK-2026-{self._next[account_id]:06}"
        return numbers[identifier]


DECOY = Decoy(
    name="numbers-of-each-own",
    looks_like="a number that the service gave one tenant's order shows in another's answers",
    reason="each tenant counts from one: equal numbers are different orders",
    plant=planted(_Numbering),
)
