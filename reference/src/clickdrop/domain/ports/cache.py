"""What is kept for a while."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """Bytes kept for a while. May lose what it was given at any time."""

    async def get(self, key: str) -> bytes | None:
        """Answer what is kept under a key."""
        ...

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value under a key for at most so many seconds."""
        ...

    async def check(self) -> None:
        """Raise unless the cache answers."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
