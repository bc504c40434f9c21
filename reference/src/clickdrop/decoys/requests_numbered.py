"""Every answer has its number, which all tenants' requests share, from where the last process stopped."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from clickdrop.decoys.answers import Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_FIRST, _SPREAD = 10_000_001, 1_000_000
HEADER = "X-Request-Number"


class _Numbering(Editing):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._next = _FIRST + secrets.randbelow(_SPREAD)

    def edit(self, answer: Answer) -> None:
        answer.headers[HEADER] = str(self._next)
        self._next += 1


DECOY = Decoy(
    name="requests-numbered",
    looks_like="numbers like those of other tenants' orders show in a header, and grow with what others do",
    reason="they are the requests' own: a number that the service counts differs between any two requests",
    plant=planted(_Numbering),
)
