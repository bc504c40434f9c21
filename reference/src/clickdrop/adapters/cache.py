"""The cache in the service's own process."""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple

from cachetools import TLRUCache

_MAX_BYTES = 64 * 1024 * 1024


class _Entry(NamedTuple):
    value: bytes
    seconds: float


class InProcessCache:
    """The port `Cache`: beyond `max_bytes` of values, those that were not used for longest give way."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._entries: TLRUCache[str, _Entry] = TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, now: now + entry.seconds,
            timer=monotonic,
            getsizeof=lambda entry: len(entry.value),
        )

    async def get(self, key: str) -> bytes | None:
        """Answer what is kept under a key."""
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value under a key for at most so many seconds; a value larger than the cache is not kept."""
        if len(value) <= self._max_bytes:
            self._entries[key] = _Entry(value, seconds)

    async def aclose(self) -> None:
        """Forget everything."""
        self._entries.clear()
