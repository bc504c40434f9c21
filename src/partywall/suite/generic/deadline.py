"""An end to a whole exchange: connecting, request, headers and body.

httpx bounds the wait for each piece of an answer, and a service that sends one byte a second, or interim answers
without end, never lets it wait that long.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl

LATE = "no whole answer in time"
_PIECE_BYTES = 65_536


class Deadline(httpx.HTTPTransport):
    """What a client sends through, so that nothing goes on beyond ``until``, on the monotonic clock."""

    def __init__(self, verify: ssl.SSLContext, until: float) -> None:
        super().__init__(verify=verify, trust_env=False)
        self.until = until
        self._pool = httpcore.ConnectionPool(ssl_context=verify, keepalive_expiry=5.0, network_backend=_Backend(self))

    def within(self, timeout: float | None, late: type[Exception]) -> float:
        """So much of a timeout in seconds as is left. Raises ``late`` if nothing is."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise late(LATE)
        return left if timeout is None else min(left, timeout)


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *args: Any, **named: Any) -> _Stream:
        timeout = self._deadline.within(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, timeout, *args, **named), self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.within(timeout, httpcore.ReadTimeout)
        try:
            return self._stream.read(max_bytes, left)
        except httpcore.ReadTimeout as error:
            if left == timeout:
                raise
            raise httpcore.ReadTimeout(LATE) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE_BYTES):
            left = self._deadline.within(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _PIECE_BYTES], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        timeout = self._deadline.within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
