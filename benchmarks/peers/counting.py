"""A proxy that passes bytes on as they are, and counts the requests in them: the same measure for every tool."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httptools

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES = 1 << 16


class Counter:
    """Listens on a free port of loopback; each connection has one of its own to the service.

    Attributes:
        requests: how many have come. origin: where it listens.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = parts.hostname or "", parts.port or 80
        self._busy: set[asyncio.Task[None]] = set()
        self.requests = 0
        self.origin = ""

    async def listen(self) -> asyncio.Server:
        """Begin to listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def close(self, server: asyncio.Server) -> None:
        """Close all connections."""
        server.close()
        for task in list(self._busy):
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio makes one for each connection
        self._busy.add(task)  # which nothing else holds once both ends have said that they are done
        downstream: asyncio.StreamWriter | None = None
        try:
            upstream, downstream = await asyncio.open_connection(*self._upstream)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, downstream, _Reading(self)))
                both.create_task(self._pass_on(upstream, writer, None))
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            self._busy.discard(task)
            for each in (downstream, writer):
                if each is not None:
                    each.close()

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, reading: _Reading | None
    ) -> None:
        while data := await source.read(PIECE_BYTES):
            if reading is not None:
                reading.feed(data)
            sink.write(data)
            await sink.drain()
        with suppress(OSError):
            sink.write_eof()


class _Reading:
    """Where requests begin in what one client sends. What is no HTTP is passed on and not counted."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        if self._parser is not None:
            try:
                self._parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade):
                self._parser = None

    def on_headers_complete(self) -> None:
        self._counter.requests += 1


@contextmanager
def counting(upstream: str) -> Iterator[Counter]:
    """A counter in front of a service, in a thread of its own."""
    counter = Counter(upstream)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(counter.listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield counter
    finally:
        asyncio.run_coroutine_threadsafe(counter.close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
