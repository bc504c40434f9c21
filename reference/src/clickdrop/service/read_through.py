"""Reading by way of the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clickdrop.domain.ports.cache import Cache

Value = TypeVar("Value")


class ReadThrough:
    """Answers what is kept under a key, or loads it and keeps it for `seconds`."""

    def __init__(self, cache: Cache, seconds: float) -> None:
        self._cache = cache
        self._seconds = seconds

    async def content(self, key: str, load: Callable[[], Awaitable[bytes]]) -> bytes:
        """Answer bytes."""
        kept = await self._cache.get(key)
        if kept is None:
            kept = await load()
            await self._cache.set(key, kept, self._seconds)
        return kept

    async def value(self, adapter: TypeAdapter[Value], key: str, load: Callable[[], Awaitable[Value]]) -> Value:
        """Answer a frozen value, kept as JSON. What cannot be read (an older release kept it) is loaded again."""
        kept = await self._cache.get(key)
        if kept is not None:
            try:
                return adapter.validate_json(kept)
            except ValidationError:
                pass
        value = await load()
        await self._cache.set(key, adapter.dump_json(value), self._seconds)
        return value
