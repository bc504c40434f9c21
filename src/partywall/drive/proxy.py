"""Proxies to stand between clients and a service, or between a service and what it stands on. Loopback only.

Both answer from the loop that runs them, so they are opened and closed in its thread.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import httptools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

PIECE_BYTES = 1 << 16


Address: TypeAlias = "tuple[str, int] | Path"
"""Host and port, or the path of a Unix socket."""


class _Proxy(ABC):
    """Listens on a free port, or at a path.

    Args:
        upstream: where it passes on to. at: where it listens, if that is to be a Unix socket.

    Attributes:
        port: where, unless it is at a path.
    """

    def __init__(self, upstream: Address, at: Path | None = None) -> None:
        self._upstream, self._at = upstream, at
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        """Begin to listen."""
        if self._at is not None:
            self._server = await asyncio.start_unix_server(self._accepted, self._at)
            return
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._upstream, tuple):
            return await asyncio.open_connection(*self._upstream)
        return await asyncio.open_unix_connection(self._upstream)

    async def close(self) -> None:
        """Close all connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._busy):
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio makes one for each connection
        self._busy.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._busy.discard(task)
            writer.close()

    @abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...


class DelayingProxy(_Proxy):
    """Passes bytes on, each piece late: a slow database, cache or payment provider.

    Args:
        upstream, at: see `_Proxy`.
        delay_ms: of each piece, in both directions. It can be changed while it runs.
        spread: share of it by which each piece's own delay differs at the most, either way, so that what goes over
            different connections overtakes.
    """

    def __init__(self, upstream: Address, delay_ms: float, spread: float = 0.0, at: Path | None = None) -> None:
        super().__init__(upstream, at)
        self.delay_ms = delay_ms
        self._spread = spread
        self._randoms = random.Random(0)  # noqa: S311  # repeatable

    def reading(self) -> Callable[[bytes], object]:
        """What is to read all that a new client sends."""
        return lambda _data: None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await self._connected()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, downstream, self.reading()))
                both.create_task(self._pass_on(upstream, writer, lambda _data: None))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            downstream.close()

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, reading: Callable[[bytes], object]
    ) -> None:
        while data := await source.read(PIECE_BYTES):
            reading(data)
            await asyncio.sleep(self.delay_ms * (1 + self._randoms.uniform(-self._spread, self._spread)) / 1e3)
            sink.write(data)
            await sink.drain()
        with suppress(OSError):
            sink.write_eof()


class PoolingProxy(_Proxy):
    """Sends the requests of all its clients over one connection to the service, one after the other, as a gateway with
    a pool of one does. A client that goes away takes the connection with it, as it should.

    Attributes:
        opened: connections to the service so far.
    """

    def __init__(self, upstream: Address) -> None:
        super().__init__(upstream)
        self.opened = 0
        self._turn = asyncio.Lock()
        self._pooled: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def close(self) -> None:
        """Close all connections."""
        await super().close()
        self._drop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = _Messages(reader, request=True)
        async for data, head_only in requests.whole():
            async with self._turn:
                well = False
                try:
                    well = await self._ask(data, writer, head_only=head_only)
                finally:
                    if not well:
                        self._drop()
            if writer.is_closing():
                return

    async def _ask(self, data: bytes, client: asyncio.StreamWriter, *, head_only: bool) -> bool:
        """Pass one request and its answer on. Can the connection be used again?"""
        if self._pooled is None or self._pooled[1].is_closing() or self._pooled[0].at_eof():
            self._drop()
            self._pooled = await self._connected()
            self.opened += 1
        upstream, downstream = self._pooled
        downstream.write(data)
        answers = _Messages(upstream, request=False, head_only=head_only)
        async for piece in answers.pieces():
            client.write(piece)
            await client.drain()
        if not answers.complete:
            client.close()
        return answers.complete and answers.goes_on

    def _drop(self) -> None:
        if self._pooled is not None:
            self._pooled[1].close()
            self._pooled = None


class _Messages:
    """Where messages end in a stream."""

    def __init__(self, source: asyncio.StreamReader, *, request: bool, head_only: bool = False) -> None:
        self.complete = False
        self.goes_on = False
        self._source = source
        self._head_only = head_only
        self._parser = httptools.HttpRequestParser(self) if request else httptools.HttpResponseParser(self)

    async def whole(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Request by request; whether it is a HEAD."""
        pending = bytearray()
        while data := await self._source.read(PIECE_BYTES):
            pending += data
            self._feed(data)
            if self.complete:
                assert isinstance(self._parser, httptools.HttpRequestParser)
                yield bytes(pending), self._parser.get_method() == b"HEAD"
                pending.clear()
                self.complete = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The pieces of one answer, as they come."""
        while not self.complete and (data := await self._source.read(PIECE_BYTES)):
            self._feed(data)
            yield data

    def on_message_complete(self) -> None:
        """A message is whole; an interim answer is none."""
        if isinstance(self._parser, httptools.HttpResponseParser) and self._parser.get_status_code() < 200:
            return
        self.complete = True
        self.goes_on = self._parser.should_keep_alive()

    def on_headers_complete(self) -> None:
        """A head is whole; after HEAD that is all."""
        if self._head_only:
            self.on_message_complete()

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise ConnectionError(str(error)) from error
