"""A proxy that passes bytes on as they are, and counts the requests in them: the same measure for every tool."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httptools

from partywall.drive.loop import LoopThread
from partywall.drive.proxy import DelayingProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Counter(DelayingProxy):
    """Delays nothing.

    Attributes:
        requests: how many have come.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        super().__init__((parts.hostname or "", parts.port or 80), delay_ms=0)
        self.requests = 0

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def reading(self) -> Callable[[bytes], object]:
        """Count a new client's requests."""
        return _Reading(self).feed


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
    with LoopThread() as loop:
        loop.run(counter.open())
        try:
            yield counter
        finally:
            loop.run(counter.close())
