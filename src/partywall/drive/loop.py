"""An event loop on a thread of its own, so that tests, which are synchronous, can drive many sessions at once."""

from __future__ import annotations

import asyncio
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Self

T = TypeVar("T")

CLOSING_TURNS = 5
"""A transport that was closed tells its protocol in the loop's next turn, and frees its socket in one after that."""


class LoopThread:
    """Runs coroutines while its caller waits. Use as a context manager, or close it."""

    def __init__(self) -> None:
        self._loop = new_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="partywall load", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns or raises. Interrupting the wait cancels it."""
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except BaseException:
            running.cancel()
            raise

    def call(self, work: Callable[[], object]) -> None:
        """Call something in the loop's thread and wait until it has returned."""

        async def called() -> None:
            work()

        self.run(called())

    def close(self) -> None:
        """Cancel what is left and stop."""
        if self._loop.is_closed():
            return
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed (`partywall[fast]`), which halves what a request costs; else the standard one."""
    if find_spec("uvloop") is None or _threads_are_greenlets():
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def _threads_are_greenlets() -> bool:
    """Has gevent put its own in their place, as under Locust? uvloop, which waits in C, would then stop them all."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(CLOSING_TURNS):
        await asyncio.sleep(0)
