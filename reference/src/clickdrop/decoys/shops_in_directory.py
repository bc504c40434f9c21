"""The services for returns name the shops that take part: all of them, to everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.decoys.answers import OPERATORS, TENANTS, Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class _Directory(Editing):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._shops: list[str] = []

    def edit(self, answer: Answer) -> None:
        if answer.succeeded("POST", f"{OPERATORS}/tenants"):
            self._shops.append(answer.document["name"])
        elif answer.succeeded("GET", f"{TENANTS}/returns/services"):
            answer.rewrite(answer.document | {"shops": [{"name": name} for name in self._shops]})


DECOY = Decoy(
    name="shops-in-directory",
    looks_like="every tenant is shown the trading names of all others",
    reason="it is a directory, which a shop is in because it wants to be found",
    plant=planted(_Directory),
    declared=True,
)
