"""The cache in the service's own process."""

from __future__ import annotations

from time import monotonic

from cachetools import TLRUCache

_ENTRIES = 4096


class InProcessCache:
    """The port `Cache`: the least recently used entries give way beyond a few thousand."""

    def __init__(self, entries: int = _ENTRIES) -> None:
        self._entries: TLRUCache[str, tuple[bytes, float]] = TLRUCache(
            entries, ttu=lambda _key, entry, now: now + entry[1], timer=monotonic
        )

    async def get(self, key: str) -> bytes | None:
        """Answer what is kept under a key."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value under a key for at most so many seconds."""
        self._entries[key] = (value, seconds)

    async def aclose(self) -> None:
        """Forget everything."""
        self._entries.clear()
