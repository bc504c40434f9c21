"""A connection goes back to its pool owing a reply."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeAlias

from clickdrop.leaks.cache_server import CacheServer, get_request, read_frame, set_request, value_of
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

CONNECTIONS = 2

_Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _PooledCache:
    """A cache behind a small pool of connections, of which the one used last is used next."""

    def __init__(self) -> None:
        self._server = CacheServer()
        self._pool: asyncio.LifoQueue[_Connection | None] = asyncio.LifoQueue(CONNECTIONS)
        for _ in range(CONNECTIONS):
            self._pool.put_nowait(None)

    async def get(self, key: str) -> bytes | None:
        return value_of(await self._ask(get_request(key)))

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        await self._ask(set_request(key, value, seconds))

    async def check(self) -> None:
        await self.get("")

    async def aclose(self) -> None:
        while not self._pool.empty():
            connection = self._pool.get_nowait()
            if connection is not None:
                connection[1].close()
        self._server.close()

    async def _ask(self, request: bytes) -> bytes:
        connection = await self._pool.get()
        try:
            if connection is None:
                connection = await self._server.connect()
            reader, writer = connection
            writer.write(request)
            await writer.drain()
            return await read_frame(reader)
        except ConnectionError:
            connection = None
            return b""
        finally:
            # The fault: a request that is cancelled between its write and its read leaves a reply behind.
            self._pool.put_nowait(connection)


LEAK = Leak(
    name="pooled-reply-unread",
    leak_class="C4 POOL_DESYNC",
    incidents=("I24", "I25"),
    difficulty=Difficulty.CANCELLATION,
    shows_by=("ownership", "echo", "completeness"),
    trigger="a client that hangs up while its request waits for the cache's reply",
    mechanism="the cancelled request's connection is used again, and every later request on it reads the reply before",
    seen="Every list of orders that I opened was the one that some other shop had opened just before.",
    plant=lambda parts: replace(parts, cache=_PooledCache),
    stack=BOTH,
)
