"""The cache in Valkey, which all workers share, and the counts of its rate limits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limits.aio.storage import RedisStorage
from valkey.asyncio import BlockingConnectionPool, UnixDomainSocketConnection, Valkey
from valkey.exceptions import ValkeyError

from clickdrop.adapters.rate_limit import RateLimit

if TYPE_CHECKING:
    from pathlib import Path

_CONNECTIONS = 16
_WAIT_SECONDS = 5
_PREFIX = "cache:"
_log = logging.getLogger(__name__)


class ValkeyCache:
    """The port `Cache` in a Valkey server behind a Unix socket. A server that is away keeps nothing."""

    def __init__(self, socket: Path) -> None:
        self.pool = _pool(socket)
        self._valkey = Valkey(connection_pool=self.pool)

    async def get(self, key: str) -> bytes | None:
        """Answer what is kept under a key."""
        try:
            value: bytes | None = await self._valkey.get(_PREFIX + key)
        except ValkeyError as error:
            _log.warning("the cache cannot be read: %r", error)
            return None
        return value

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value under a key for at most so many seconds."""
        if (milliseconds := int(seconds * 1000)) > 0:
            try:
                await self._valkey.set(_PREFIX + key, value, px=milliseconds)
            except ValkeyError as error:
                _log.warning("the cache cannot be written: %r", error)

    async def check(self) -> None:
        """Raise unless the server answers."""
        await self._valkey.ping()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._valkey.aclose()
        await self.pool.disconnect()


class ValkeyRateLimit(RateLimit):
    """Calls counted in Valkey, by all workers together."""

    def __init__(self, calls_per_second: int | None, socket: Path) -> None:
        self._pool = _pool(socket)
        pool: Any = self._pool  # passed on to the client as it is, which the library's types do not say
        address = f"async+valkey+unix://{socket}"
        super().__init__(calls_per_second, RedisStorage(address, connection_pool=pool, wrap_exceptions=True))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.disconnect()


def _pool(socket: Path) -> BlockingConnectionPool:
    # A connection whose reply was not read, since its request was cancelled, is closed by the client itself.
    return BlockingConnectionPool(
        max_connections=_CONNECTIONS,
        timeout=_WAIT_SECONDS,
        connection_class=UnixDomainSocketConnection,
        path=str(socket),
        socket_timeout=_WAIT_SECONDS,
    )
