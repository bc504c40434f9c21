"""Fresh instances of a service: some are started ahead, since a search through replays waits for little else."""

from __future__ import annotations

import contextlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from partywall.errors import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from partywall.target import Target

AHEAD = 1


class Instances:
    """Starts, lends and stops instances. Nothing is started before the first is lent.

    Args:
        fresh: starts an instance and stops it again, perhaps in another thread.
    """

    def __init__(self, fresh: Callable[[], AbstractContextManager[Target]]) -> None:
        self._fresh = fresh
        self._pool = ThreadPoolExecutor(AHEAD + 1)
        self._coming: deque[Future[tuple[Target, contextlib.ExitStack]]] = deque()

    @contextlib.contextmanager
    def lend(self) -> Iterator[Target]:
        """An instance in which nothing has happened yet. Raises `Inconclusive` if it can't be started."""
        while len(self._coming) <= AHEAD:
            self._coming.append(self._pool.submit(self._start))
        target, running = self._coming.popleft().result()
        try:
            yield target
        finally:
            self._pool.submit(_stop, running)

    def _start(self) -> tuple[Target, contextlib.ExitStack]:
        running = contextlib.ExitStack()
        return running.enter_context(self._fresh()), running

    def close(self) -> None:
        """Stop all of them."""
        for coming in self._coming:
            if not coming.cancel():
                with contextlib.suppress(Inconclusive):
                    _stop(coming.result()[1])
        self._pool.shutdown()


def _stop(running: contextlib.ExitStack) -> None:
    # An instance that died has shown what it had to show in its exchanges.
    with contextlib.suppress(Inconclusive):
        running.close()
