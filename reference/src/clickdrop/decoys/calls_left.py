"""Every answer says how many calls the platform has left in this minute, for all tenants together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from clickdrop.decoys.answers import Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_LIMIT, _SECONDS = 1_000_000, 60


class _Counting(Editing):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._calls = 0

    def edit(self, answer: Answer) -> None:
        self._calls += 1
        answer.headers["X-RateLimit-Limit"] = str(_LIMIT)
        answer.headers["X-RateLimit-Remaining"] = str(_LIMIT - self._calls)
        answer.headers["X-RateLimit-Reset"] = str(_SECONDS - int(time.time()) % _SECONDS)


DECOY = Decoy(
    name="calls-left",
    looks_like="a header's number falls with what other tenants do",
    reason="it says when the next call may come, as Retry-After does: how busy the platform is, not with whose work",
    plant=planted(_Counting),
)
