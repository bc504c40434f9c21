"""What stands between a service and what it leans on, so that it can be made slow: overlaps get long."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from partywall.drive.loop import LoopThread
from partywall.drive.proxy import DelayingProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from partywall.drive.proxy import Address

SPREAD = 0.5
"""A delay that is always the same lengthens overlaps but leaves the order of what happens in them as it was."""


class Upstream:
    """A delaying proxy before a database, a cache or a payment provider, on a loop of its own. It passes on at once
    what comes until it is told to be slow, on connections that are open as well.

    Opened before the service starts, which is told its port instead of the upstream's own. Use as a context manager,
    and `slow` as `Target.slow_upstream`.

    Args:
        upstream: where it passes on to; looked for when somebody comes.
        at: the path of the Unix socket where it listens; else on a free port of loopback.

    Attributes:
        port: where the service finds it; 0 if at a path.
    """

    def __init__(self, upstream: Address, at: Path | None = None) -> None:
        self._proxy = DelayingProxy(upstream, 0, SPREAD, at)
        self._loop = LoopThread()
        self._loop.run(self._proxy.open())
        self.port = self._proxy.port

    @contextmanager
    def slow(self, delay_ms: float) -> Iterator[None]:
        """So late in each direction, on average, while entered."""
        self._proxy.delay_ms = delay_ms
        try:
            yield
        finally:
            self._proxy.delay_ms = 0

    def close(self) -> None:
        """Close all connections."""
        self._loop.run(self._proxy.close())
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
