"""aiosqlite without its thread: each operation of a connection is one step beside the loop.

A lock wait is a state: the operation is tried again once another connection has done something, and fails as SQLite's
own busy timeout would after five seconds of virtual time.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from partywall.explore.loop import ExplorationLoop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

BUSY_S = 5.0


class Operations:
    """Stands where an aiosqlite connection has the queue to its thread."""

    def __init__(self) -> None:
        self._label = ""

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        """Take an operation, and the future that its result is for."""
        future, operation = item
        loop = future.get_loop() if future is not None else None
        if not isinstance(loop, ExplorationLoop) or loop.is_closed():
            # Closed after its run, by whoever collects it.
            operation()
            return
        if not self._label:
            count = loop.storage["databases"] = loop.storage.get("databases", 0) + 1
            self._label = f"sqlite {count}"
        loop.outside(self._label, loop.session, self._step, loop, future, operation)

    def _step(self, loop: ExplorationLoop, future: asyncio.Future[Any], operation: Callable[[], Any]) -> None:
        try:
            result = operation()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                self._wait(loop, future, operation, error)
                return
            loop.call_soon(_finish, future, None, error)
        except BaseException as error:  # it is the caller's, whatever it is
            loop.call_soon(_finish, future, None, error)
        else:
            if isinstance(result, sqlite3.Connection):
                result.execute("PRAGMA busy_timeout=0")
            elif _sets_timeout(operation):
                operation.func.__self__.connection.execute("PRAGMA busy_timeout=0")  # type: ignore[attr-defined]
            loop.call_soon(_finish, future, result, None)
            self._wake(loop)

    def _wait(
        self, loop: ExplorationLoop, future: asyncio.Future[Any], operation: Callable[[], Any], error: Exception
    ) -> None:
        session = loop.session
        waiters: dict[str, Callable[[], None]] = loop.storage.setdefault("waiting for a lock", {})
        timer = loop.call_later(BUSY_S, lambda: give_up())

        def give_up() -> None:
            waiters.pop(self._label, None)
            _finish(future, None, error)

        def again() -> None:
            timer.cancel()
            loop.outside(self._label, session, self._step, loop, future, operation)

        waiters[self._label] = again

    def _wake(self, loop: ExplorationLoop) -> None:
        waiters = loop.storage.get("waiting for a lock")
        if waiters:
            again = list(waiters.values())
            waiters.clear()
            for each in again:
                each()


class NoThread:
    """Stands where an aiosqlite connection has its thread."""

    daemon = True

    def start(self) -> None:
        """There is nothing to start."""

    def is_alive(self) -> bool:
        """It never is."""
        return False


def _sets_timeout(operation: Callable[[], Any]) -> bool:
    arguments = getattr(operation, "args", ())
    return any(isinstance(argument, str) and "busy_timeout" in argument for argument in arguments)


def _finish(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
