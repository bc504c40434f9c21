"""How often a credential may call."""

from __future__ import annotations

from math import ceil
from time import time

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from clickdrop.domain.errors import TooManyRequests


class RateLimit:
    """So many calls in any second for each credential; `None` for no limit."""

    def __init__(self, calls_per_second: int | None) -> None:
        self._item = RateLimitItemPerSecond(calls_per_second) if calls_per_second else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def spend(self, key_id: str) -> None:
        """Count a call, or raise `TooManyRequests`."""
        if self._item is None or await self._limiter.hit(self._item, key_id):
            return
        window = await self._limiter.get_window_stats(self._item, key_id)
        raise TooManyRequests(max(1, ceil(window.reset_time - time())))
