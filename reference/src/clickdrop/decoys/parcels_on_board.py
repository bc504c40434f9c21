"""The page that needs no key shows which parcels have been announced last, whoever sends them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from clickdrop.decoys.answers import TENANTS, Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp

SHOWN = 20


class _Board(Editing):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._announced: deque[str] = deque(maxlen=SHOWN)

    def edit(self, answer: Answer) -> None:
        if answer.succeeded("POST", f"{TENANTS}/orders"):
            orders = answer.orders(answer.document)
            self._announced += [order["trackingNumber"] for order in orders if "trackingNumber" in order]
        elif answer.succeeded("GET", f"{TENANTS}/version"):
            parcels = [{"trackingNumber": number, "status": "announced"} for number in self._announced]
            answer.rewrite(answer.document | {"parcels": parcels})


DECOY = Decoy(
    name="parcels-on-board",
    looks_like="tracking numbers that were assigned to one tenant show to everyone",
    reason="tracking is public: a number says where a parcel is, and nothing of who sends what to whom",
    plant=planted(_Board),
    declared=True,
)
