"""How often a credential may call."""

from __future__ import annotations

import logging
from math import ceil
from time import time
from typing import TYPE_CHECKING

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from clickdrop.domain.errors import TooManyRequests

if TYPE_CHECKING:
    from limits.aio.storage import Storage

_log = logging.getLogger(__name__)


class RateLimit:
    """So many calls in any second for each credential, counted in this process unless elsewhere; `None` for no limit.

    While what counts the calls is away, nobody is limited: the limit protects the platform, not the tenants.
    """

    def __init__(self, calls_per_second: int | None, storage: Storage | None = None) -> None:
        self._item = RateLimitItemPerSecond(calls_per_second) if calls_per_second else None
        self.counts = storage or MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self.counts)

    async def spend(self, key_id: str) -> None:
        """Count a call, or raise `TooManyRequests`."""
        if self._item is None:
            return
        try:
            if await self._limiter.hit(self._item, key_id):
                return
            window = await self._limiter.get_window_stats(self._item, key_id)
        except StorageError as error:
            _log.warning("calls cannot be counted: %r", error)
            return
        raise TooManyRequests(max(1, ceil(window.reset_time - time())))

    async def aclose(self) -> None:
        """Let go of connections."""
