"""Cancellation that waits for a safe point.

A database driver whose operation is cancelled can't know what the database made of it: SQLAlchemy gives
such a connection up, and one that is given up in the middle of a transaction may keep SQLite's write
lock. So whoever wants to cancel a request's work asks here first, and transactions say that they are under way.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SafePoints:
    """The safe points of one request's work."""

    def __init__(self) -> None:
        self._under_way = 0
        self._safe = asyncio.Event()
        self._safe.set()

    async def cancel(self, work: asyncio.Task[None]) -> None:
        """Cancel the work at its next safe point, unless it ends before, and wait for its end."""
        while self._under_way and not work.done():
            reached = asyncio.ensure_future(self._safe.wait())
            await asyncio.wait((work, reached), return_when=asyncio.FIRST_COMPLETED)
            reached.cancel()
        # Nothing is awaited between the check and the cancelling, so the work is where it was.
        work.cancel()
        await asyncio.wait((work,))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Until the end of this block the work is not at a safe point."""
        self._under_way += 1
        self._safe.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._safe.set()


_of_request: ContextVar[SafePoints | None] = ContextVar("safe_points", default=None)


def begin() -> SafePoints:
    """Safe points for the work of this context and of the tasks that it starts."""
    points = SafePoints()
    _of_request.set(points)
    return points


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A transaction, which the request's safe points keep from being cancelled midway."""
    points = _of_request.get()
    if points is None:
        yield
    else:
        with points.transaction():
            yield
