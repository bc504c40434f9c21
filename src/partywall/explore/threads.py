"""Threads under control: real ones, of which exactly one runs at a time, when the loop says so.

A thread hands over before its function begins, when it ends, when it sleeps or waits for the loop, and, in files named
for it, before every line: so a race between two threads can be had, and had again.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from partywall.explore.uncontrolled import uncontrolled

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from partywall.explore.loop import ExplorationLoop

BLOCKED_S = 2.0
"""Real time after which a thread that neither ends, nor hands over, nor computes is taken to wait for another."""


class _Abandoned(BaseException):
    """The run is over; unwind."""


class Threads:
    """The threads of an exploration, used again from run to run.

    Args:
        lines: files whose lines are steps of their own, by the beginning of their path.
    """

    def __init__(self, lines: tuple[str, ...] = ()) -> None:
        self.lines = lines
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []
        self._of_thread = threading.local()

    def submit(
        self,
        loop: ExplorationLoop,
        function: Callable[[], Any],
        succeeded: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run a function in a thread, for the session that runs now, and tell the loop how it ended."""
        worker = self._idle.pop() if self._idle else _Worker(self)
        self._busy.append(worker)
        count = loop.storage["thread count"] = loop.storage.get("thread count", 0) + 1
        worker.begin(loop, f"{loop.session} thread {count}", function, succeeded, failed)

    def current(self) -> _Worker | None:
        """The controlled thread that asks, None in any other."""
        return getattr(self._of_thread, "worker", None)

    def enter(self, worker: _Worker) -> None:
        """Called in a thread at its beginning."""
        self._of_thread.worker = worker

    def ended(self, worker: _Worker) -> None:
        """A function has returned: its thread is free."""
        self._busy.remove(worker)
        self._idle.append(worker)

    def abandon(self) -> None:
        """Unwind what a run left unfinished."""
        for worker in self._busy:
            if worker.abandon():
                self._idle.append(worker)
        self._busy.clear()

    def close(self) -> None:
        """End all threads."""
        self.abandon()
        for worker in self._idle:
            worker.stop()
        self._idle.clear()


class _Worker:
    """One thread. ``_go`` and ``_back`` are the baton: held by whoever may not run.

    Attributes:
        lost: it did not hand over in time; nobody waits for it any more, and it ends when it can.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._function: Callable[[], Any] | None = None
        self._outcome: tuple[Callable[[Any], None], Any] | None = None
        self._parked = self._abandoned = self.lost = False
        self._thread = threading.Thread(target=self._main, name="partywall controlled thread", daemon=True)
        _start_thread(self._thread)

    def begin(
        self,
        loop: ExplorationLoop,
        label: str,
        function: Callable[[], Any],
        succeeded: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Give it a function."""
        self.loop, self._label, self._session = loop, label, loop.session
        self._function, self._succeeded, self._failed = function, succeeded, failed
        self._outcome, self._parked, self._abandoned = None, False, False
        loop.outside(label, self._session, self._step)

    def park(self, arrange: Callable[[Callable[..., None]], object]) -> None:
        """In the thread: wait until what ``arrange`` was given is called."""
        self._parked = True

        def wake(*_: object) -> None:
            self._parked = False
            self.loop.outside(self._label, self._session, self._step)

        if not self.lost:
            arrange(wake)
        self._hand_over()

    def abandon(self) -> bool:
        """Unwind; tells whether the thread can be used again."""
        if self.lost:
            return False
        if self._outcome is None and self._function is not None:
            self._abandoned = True
            self._go.release()
            if not self._came_back():
                self.lost = True
                return False
        self._function = None
        return True

    def stop(self) -> None:
        """End the thread."""
        self._function = None
        self._go.release()
        self._thread.join(BLOCKED_S)

    def _step(self) -> None:
        """In the loop: let the thread run to where it hands over."""
        loop = self.loop
        loop.storage["thread runs"] = True
        self._go.release()
        came_back = self._came_back()
        loop.storage["thread runs"] = False
        if not came_back:
            self.lost = True
            frame = sys._current_frames().get(self._thread.ident or 0)
            mend = f"it waited for {BLOCKED_S:g} s on what another thread holds: take its file out of `lines`"
            error = uncontrolled("a thread that blocks", mend, frame)
            loop.failures.append(error)
            raise error
        if self._outcome is not None:
            report, value = self._outcome
            self._threads.ended(self)
            loop.deliver(f"{self._label} result", self._session, report, value)
        elif not self._parked:
            loop.outside(self._label, self._session, self._step)

    def _came_back(self) -> bool:
        """Wait for the baton, as long as the thread has something to compute."""
        computed = -1.0
        while not self._back.acquire(timeout=BLOCKED_S):
            before, computed = computed, _cpu_s(self._thread)
            if computed <= before:
                return False
        return True

    def _hand_over(self) -> None:
        if self.lost:
            raise _Abandoned
        self._back.release()
        self._go.acquire()
        if self._abandoned:
            raise _Abandoned

    def _main(self) -> None:
        self._threads.enter(self)
        while True:
            self._go.acquire()
            function = self._function
            if function is None:
                return
            if self._abandoned:
                self._outcome = (self._failed, None)
            else:
                self._outcome = self._run(function)
            if self.lost:
                return
            self._back.release()

    def _run(self, function: Callable[[], Any]) -> tuple[Callable[[Any], None], Any]:
        tracing = sys.gettrace()
        if self._threads.lines:
            sys.settrace(self._enter_frame)
        try:
            return (self._succeeded, function())
        except BaseException as error:
            return (self._failed, error)
        finally:
            sys.settrace(tracing)

    def _enter_frame(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._trace_lines if frame.f_code.co_filename.startswith(self._threads.lines) else None

    def _trace_lines(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self._hand_over()
        return self._trace_lines


def _cpu_s(thread: threading.Thread) -> float:
    """Seconds that a thread has computed; 0 where the system does not tell."""
    clock = getattr(time, "pthread_getcpuclockid", None)
    return time.clock_gettime(clock(thread.ident)) if clock and thread.ident else 0.0


_start_thread = threading.Thread.start
"""As it is without our control."""
