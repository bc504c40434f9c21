"""The page that needs no key says how many orders all tenants have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.decoys.answers import TENANTS, Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class _Counting(Editing):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._count = 0

    def edit(self, answer: Answer) -> None:
        if answer.succeeded("POST", f"{TENANTS}/orders"):
            self._count += len(answer.orders(answer.document))
        elif answer.succeeded("GET", f"{TENANTS}/version"):
            answer.rewrite(answer.document | {"ordersMade": self._count})


DECOY = Decoy(
    name="orders-counted",
    looks_like="what a tenant is answered depends on how much others do",
    reason="the platform boasts of the total, which is of no one tenant",
    plant=planted(_Counting),
    declared=True,
)
