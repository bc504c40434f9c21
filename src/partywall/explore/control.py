"""For the length of an exploration: what an application takes from the machine comes from the run.

Chance (`random`, `os.urandom`, so `secrets` and `uuid4`), Python's clocks (`time`), threads of anyio and aiosqlite, and
the hashes of anyio's cancel scopes, which it keeps in sets. Threads, sockets and processes of an application's own are
refused by name. `datetime.now()` is read below Python and not controlled: answers may differ in it from run to run.
"""

from __future__ import annotations

import concurrent.futures
import importlib
import itertools
import os
import random
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from partywall.explore.network import Network
from partywall.explore.sqlite import NoThread, Operations
from partywall.explore.threads import Threads
from partywall.explore.uncontrolled import uncontrolled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from partywall.explore.loop import ExplorationLoop

_EPOCH = 1_800_000_000.0
_REFUSED: tuple[tuple[type, str, str], ...] = (
    (threading.Thread, "start", "a thread of its own"),
    (socket.socket, "connect", "a socket"),
    (socket.socket, "connect_ex", "a socket"),
    (socket.socket, "bind", "a socket"),
    (subprocess.Popen, "__init__", "a process of its own"),
)


class Control:
    """What runs have in common. Enter once around many runs, and `run` around each."""

    def __init__(self, lines: tuple[str, ...] = ()) -> None:
        self.threads = Threads(lines)
        self._loop: ExplorationLoop | None = None
        self._numbers = itertools.count(1)
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        sleep, result = time.sleep, concurrent.futures.Future.result
        patch = self._patch
        for owner, name, what in _REFUSED:
            patch(owner, name, self._refusal(getattr(owner, name), what))
        patch(time, "sleep", lambda seconds: self._sleep(sleep, seconds))
        patch(concurrent.futures.Future, "result", _waiting_result(self.threads, result))
        patch(time, "time", self._clock(time.time, _EPOCH, float))
        patch(time, "time_ns", self._clock(time.time_ns, _EPOCH, _nanoseconds))
        for name in ("monotonic", "perf_counter"):
            patch(time, name, self._clock(getattr(time, name), 0, float))
            patch(time, f"{name}_ns", self._clock(getattr(time, f"{name}_ns"), 0, _nanoseconds))
        if (anyio := _installed("anyio._backends._asyncio")) is not None:
            patch(anyio, "WorkerThread", _worker_thread(anyio, self.threads))
            patch(anyio, "CancelScope", _cancel_scope(anyio, lambda: next(self._numbers)))
        if (aiosqlite := _installed("aiosqlite.core")) is not None:
            patch(aiosqlite.Connection, "__init__", self._connection(aiosqlite.Connection.__init__))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()
        self.threads.close()

    @contextmanager
    def run(self, loop: ExplorationLoop) -> Iterator[None]:
        """One run: its loop's threads and clocks, and chance that is the same in each until `draw_from`."""
        loop.storage["threads"], loop.storage["network"] = self.threads, Network(loop)
        state, urandom = random.getstate(), os.urandom
        self._loop, self._numbers = loop, itertools.count(1)
        self.draw_from("before anything is explored")
        try:
            yield
        finally:
            self.threads.abandon()
            os.urandom = random._urandom = urandom  # type: ignore[attr-defined]
            random.setstate(state)
            self._loop = None
            if (lowlevel := _installed("anyio.lowlevel")) is not None:
                # anyio keeps what belongs to a loop by the loop: it would keep every loop alive.
                lowlevel._run_vars.pop(loop, None)

    def draw_from(self, seed: int | str) -> None:
        """In a run: from now on chance comes from a seed."""
        random.seed(seed)
        os.urandom = random._urandom = random.Random(seed).randbytes  # type: ignore[attr-defined]  # noqa: S311

    def _patch(self, owner: Any, name: str, value: object) -> None:
        self._patches.enter_context(mock.patch.object(owner, name, value))

    def _under_control(self) -> ExplorationLoop | None:
        """The loop of the run under way, asked for in one of its threads."""
        loop = self._loop
        if loop is None or not (loop.runs_here() or self.threads.current() is not None):
            return None
        return loop

    def _refusal(self, original: Callable[..., Any], what: str) -> Callable[..., Any]:
        def refuse(*arguments: Any, **more: Any) -> Any:
            loop = self._under_control()
            if loop is None:
                return original(*arguments, **more)
            error = uncontrolled(what, "give the application an in-process part in its place")
            loop.failures.append(error)
            raise error

        return refuse

    def _sleep(self, original: Callable[[float], None], seconds: float) -> None:
        worker = self.threads.current()
        loop = self._under_control()
        if worker is not None:
            worker.park(lambda wake: worker.loop.call_later(seconds, wake))
        elif loop is not None:
            loop.pass_time(seconds)
        else:
            original(seconds)

    def _clock(self, original: Callable[[], Any], begin: float, unit: Callable[[float], Any]) -> Callable[[], Any]:
        def now() -> Any:
            loop = self._under_control()
            return original() if loop is None else unit(begin + loop.time())

        return now

    def _connection(self, original: Callable[..., None]) -> Callable[..., None]:
        def begin(connection: Any, *arguments: Any, **more: Any) -> None:
            original(connection, *arguments, **more)
            if self._under_control() is not None:
                connection._tx, connection._thread = Operations(), NoThread()

        return begin


def _installed(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _waiting_result(threads: Threads, original: Callable[..., Any]) -> Callable[..., Any]:
    """A controlled thread that waits for the loop (anyio.from_thread) hands over meanwhile."""

    def result(future: concurrent.futures.Future[Any], timeout: float | None = None) -> Any:
        worker = threads.current()
        if worker is not None and not future.done():
            worker.park(future.add_done_callback)
        return original(future, timeout)

    return result


def _worker_thread(anyio: Any, threads: Threads) -> type:
    """What anyio's thread pool has for a thread; its limiter and its cancellation stay anyio's own."""

    class WorkerThread:
        MAX_IDLE_TIME = float("inf")

        def __init__(self, root_task: Any, workers: Any, idle_workers: Any) -> None:
            self.root_task, self.workers, self.idle_workers = root_task, workers, idle_workers
            self.loop, self.queue, self.idle_since, self.stopping = root_task._loop, self, 0.0, False

        def start(self) -> None:
            pass

        def stop(self, _task: object = None) -> None:
            self.stopping = True
            self.workers.discard(self)
            if self in self.idle_workers:
                self.idle_workers.remove(self)

        def put_nowait(self, item: Any) -> None:
            context, function, arguments, future, scope = item

            def run() -> Any:
                anyio.threadlocals.current_cancel_scope = scope
                try:
                    with anyio.claim_worker_thread(anyio.AsyncIOBackend, self.loop):
                        return context.run(function, *arguments)
                finally:
                    del anyio.threadlocals.current_cancel_scope

            def report(set_outcome: Callable[[Any], None], outcome: Any) -> None:
                if not self.stopping:
                    self.idle_workers.append(self)
                if not future.cancelled():
                    set_outcome(outcome)

            threads.submit(
                self.loop,
                run,
                lambda result: report(future.set_result, result),
                lambda error: report(future.set_exception, error),
            )

    return WorkerThread


def _cancel_scope(anyio: Any, number: Callable[[], int]) -> type:
    """anyio keeps scopes in sets: numbered, they iterate alike in every process."""

    class CancelScope(anyio.CancelScope):  # type: ignore[misc]
        __slots__ = ("_number",)
        _number: int

        def __hash__(self) -> int:
            if not hasattr(self, "_number"):
                self._number = number()
            return self._number

        def __eq__(self, other: object) -> bool:
            return self is other

    return CancelScope
