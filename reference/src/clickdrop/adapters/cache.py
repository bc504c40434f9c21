"""The cache in the service's own process, and caches that hold few values."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from cachetools import TLRUCache

if TYPE_CHECKING:
    from clickdrop.domain.ports.cache import Cache

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

    async def check(self) -> None:
        """Raise nothing: it is here."""

    async def aclose(self) -> None:
        """Forget everything."""
        self._entries.clear()


class FewEntries:
    """The port `Cache`, with room for so many values of another: each key has its place, from which a new value drives
    out the value of another key. With one entry, nearly every read is a race with somebody else's write."""

    def __init__(self, cache: Cache, entries: int) -> None:
        self._cache = cache
        self._entries = entries

    async def get(self, key: str) -> bytes | None:
        """Answer what is kept under a key."""
        kept = await self._cache.get(self._place(key))
        name = key.encode() + b"\0"
        return kept.removeprefix(name) if kept is not None and kept.startswith(name) else None

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value under a key, instead of what is kept in the same place."""
        await self._cache.set(self._place(key), key.encode() + b"\0" + value, seconds)

    async def check(self) -> None:
        """Raise unless the cache answers."""
        await self._cache.check()

    async def aclose(self) -> None:
        """Close the cache."""
        await self._cache.aclose()

    def _place(self, key: str) -> str:
        return f"place:{crc32(key.encode()) % self._entries}"
