"""An asyncio loop without I/O, in virtual time, that asks a strategy which step runs next.

A step is one callback: a task's code from one suspension to the next, a timer, the completion of an I/O. It runs on
behalf of a session, which a task inherits from whoever made it. A session's callbacks keep their order, as on any
loop; what comes from outside (a timer, a thread, a database) is a lane of its own and may come at any time.

In ``stock`` mode all callbacks keep the order in which an ordinary loop runs them: from one poll to the next, all that
was ready, first in first out. Then only the arrival of what comes from outside is decided, and whatever is found can
happen on an ordinary loop, given such latencies.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
from array import array
from asyncio import base_events, events
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from partywall.explore.schedule import Switch
from partywall.explore.strategies import Lane
from partywall.explore.uncontrolled import Stuck, Uncontrolled, uncontrolled

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextvars import Context

    from partywall.explore.schedule import Disconnect
    from partywall.explore.strategies import Strategy

APPLICATION = "app"
"""The session of what belongs to no client: life span and what it started."""

PATIENCE = 1_000
"""Steps of one session in a row after which the others' turn comes, so that nobody waits in circles for ever."""

Entry = tuple[int, events.Handle, str]


@dataclass(slots=True)
class _Queue(Lane):
    """A lane and its waiting steps. ``outside``: they are no callbacks of the loop, but run beside it."""

    outside: bool = False
    waiting: deque[Entry] = field(default_factory=deque)


class Hearable(Protocol):
    """A request under way, which can be told that its client is gone."""

    request: int

    @property
    def steps(self) -> int:
        """How long it has run."""
        ...

    def hang_up(self) -> None:
        """Its client is gone."""
        ...


class ExploredTask(asyncio.Task[Any]):
    """A task that knows its session, and whose hash is its number: sets of tasks iterate alike in every process."""

    def __init__(self, coro: Coroutine[Any, Any, Any], *, loop: ExplorationLoop, **more: Any) -> None:
        self.session = loop.session
        self.number = next(loop.numbers)
        super().__init__(coro, loop=loop, **more)

    def __hash__(self) -> int:
        return self.number


class ExploredFuture(asyncio.Future[Any]):
    """A future whose hash is its number."""

    def __init__(self, *, loop: ExplorationLoop) -> None:
        self.number = next(loop.numbers)
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self.number


class ExplorationLoop(base_events.BaseEventLoop):
    """One run's loop.

    Args:
        order: sessions by rank, for when none runs that could go on.
        latency_s_max: timers up to this count as latency: they may be due at any time. Longer ones are due when nothing
            else can run.

    Attributes:
        deciding: strategy and schedule decide; else everything is first in, first out.
        session: on whose behalf the step that runs now runs.
        calls: session -> its request under way.
        steps, labels: each step's lane, and what lanes are called.
        switches: where the run left the default.
        failures: what broke the run from outside its steps.
        storage: what adapters keep for the length of this loop.
    """

    def __init__(
        self,
        strategy: Strategy,
        order: tuple[str, ...],
        disconnect: Disconnect | None,
        *,
        stock: bool,
        latency_s_max: float,
        steps_max: int,
    ) -> None:
        super().__init__()
        self.deciding = False
        self.session = APPLICATION
        self.numbers = itertools.count(1)
        self.calls: dict[str, Hearable] = {}
        self.steps = array("i")
        self.labels: list[str] = []
        self.switches: list[Switch] = []
        self.failures: list[Uncontrolled] = []
        self.storage: dict[str, Any] = {}
        self.ran: Counter[str] = Counter()
        self._strategy = strategy
        self._rank = {session: rank for rank, session in enumerate(order)}
        self._disconnect = disconnect
        self._stock = stock
        self._latency_s_max = latency_s_max
        self._steps_max = steps_max
        self._now = 1_000.0
        self._ticks = 0
        self._put_count = 0
        self._active: dict[int, _Queue] = {}
        self._callbacks: dict[str, _Queue] = {}
        self._named: dict[str, _Queue] = {}
        self._timers: list[tuple[float, int, events.TimerHandle, str]] = []
        self._current, self._streak = "", 0
        self._held = ""
        self._thread = threading.get_ident()
        self.set_exception_handler(lambda _loop, _context: None)

    # What asyncio asks of a loop.

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> events.Handle:
        """A step of the session that the callback's task belongs to, or else of the one that asks."""
        handle = events.Handle(callback, args, self, context)
        owner = getattr(callback, "__self__", None)
        session = owner.session if isinstance(owner, ExploredTask) else self.session
        name = "" if self._stock else session
        lane = self._callbacks.get(name)
        if lane is None:
            lane = self._callbacks[name] = self._lane(f"{name or 'all'} callbacks", external=False)
        self._put(lane, handle, session)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> events.Handle:
        """As `call_soon`; from a thread that is not under control it ends the run."""
        if not self.runs_here() and not self.storage.get("thread runs"):
            self.failures.append(uncontrolled("a thread of its own", "use asyncio.to_thread or anyio.to_thread"))
            return events.Handle(callback, args, self, context)
        return self.call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> events.TimerHandle:
        """A step that is due at a time; a short wait is latency, and due whenever the strategy says."""
        timer = events.TimerHandle(when, callback, args, self, context)
        if self.deciding and when - self._now <= self._latency_s_max:
            self._put(self._lane(f"{self.session} timer"), timer, self.session)
        else:
            self._put_count += 1
            heapq.heappush(self._timers, (when, self._put_count, timer, self.session))
        return timer

    def create_task(self, coro: Any, **more: Any) -> asyncio.Task[Any]:
        """A task of the session that runs."""
        task = ExploredTask(coro, loop=self, **more)
        if "name" not in more:
            task.set_name(f"{self.session}-{task.number}")
        return task

    def create_future(self) -> asyncio.Future[Any]:
        """A future."""
        return ExploredFuture(loop=self)

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Run a function in a controlled thread."""
        future = self.create_future()
        self.storage["threads"].submit(
            self, lambda: func(*args), lambda result: _set(future, result), lambda error: _fail(future, error)
        )
        return future

    async def create_server(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], host: Any = None, port: int | None = None, **_: Any
    ) -> asyncio.AbstractServer:
        """Serve an address inside this loop."""
        server: asyncio.AbstractServer = self.storage["network"].listen(
            host or "127.0.0.1", port or 0, protocol_factory
        )
        return server

    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], host: str = "", port: int = 0, **_: Any
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """A connection to what is served inside this loop; elsewhere is not under control."""
        network = self.storage["network"]
        if not network.serves(host, port):
            error = uncontrolled(
                f"a connection to {host or 'a socket'}:{port}", "give the application an in-process part in its place"
            )
            self.failures.append(error)
            raise error
        await self.arrival("connect")
        connected: tuple[asyncio.Transport, asyncio.BaseProtocol] = network.connect(host, port, protocol_factory)
        return connected

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Controlled threads end with the run."""

    def _process_events(self, event_list: object) -> None:
        """There is no selector."""

    def _write_to_self(self) -> None:
        """There is no selector to wake."""

    def close(self) -> None:
        """Forget all that waits."""
        self._active.clear()
        self._callbacks.clear()
        self._named.clear()
        self._timers.clear()
        self.calls.clear()
        super().close()

    # What adapters ask of it.

    def tick(self) -> int:
        """Nanoseconds of virtual time, a later value at each call: what a history's times are made of."""
        self._ticks = max(self._ticks + 1, int(self._now * 1e9))
        return self._ticks

    def arrival(self, label: str) -> asyncio.Future[None]:
        """A future that something from outside completes."""
        future: asyncio.Future[None] = self.create_future()
        self._put(self._lane(f"{self.session} {label}"), events.Handle(_set, (future, None), self), self.session)
        return future

    def deliver(self, label: str, session: str, callback: Callable[..., object], *args: Any) -> None:
        """A callback that something from outside asks for."""
        self._put(self._lane(f"{session} {label}"), events.Handle(callback, args, self), session)

    def deliver_in_order(self, label: str, session: str, callback: Callable[..., object], *args: Any) -> None:
        """As `deliver`; those with one label keep their order."""
        lane = self._named.get(label)
        if lane is None:
            lane = self._named[label] = self._lane(label)
        self._put(lane, events.Handle(callback, args, self), session)

    def outside(self, label: str, session: str, step: Callable[..., object], *args: Any) -> None:
        """A step beside the loop, of a thread or a database. Those with one label keep their order."""
        lane = self._named.get(label)
        if lane is None:
            lane = self._named[label] = self._lane(label, outside=True)
        self._put(lane, events.Handle(step, args, self), session)

    def runs_here(self) -> bool:
        """Is this the loop's own thread?"""
        return threading.get_ident() == self._thread

    def pass_time(self, seconds: float) -> None:
        """The loop's own thread slept."""
        self._now += seconds

    def unwind(self, steps_max: int) -> None:
        """Decide nothing any more, refuse nothing, and end after so many steps."""
        self.deciding = False
        self.failures = []
        self._held = ""
        self._steps_max = len(self.steps) + steps_max

    # Deciding.

    def _lane(self, label: str, *, external: bool = True, outside: bool = False) -> _Queue:
        lane = _Queue(len(self.labels), label, external, outside=outside)
        self.labels.append(label)
        return lane

    def _put(self, lane: _Queue, handle: events.Handle, session: str) -> None:
        self._put_count += 1
        if not lane.waiting:
            self._active[lane.number] = lane
        lane.waiting.append((self._put_count, handle, session))

    def _run_once(self) -> None:
        while not self._stopping:  # type: ignore[attr-defined]
            if self.failures:
                raise self.failures[0]
            if self._disconnect is not None and self.deciding:
                self._hang_up(self._disconnect)
            lanes = self._runnable()
            while not lanes:
                self._fire()
                lanes = self._runnable()
            self._run(self._chosen(lanes))

    def _runnable(self) -> list[_Queue]:
        found = []
        for lane in list(self._active.values()):
            waiting = lane.waiting
            while waiting and waiting[0][1].cancelled():
                waiting.popleft()
            if waiting:
                lane.born, _, lane.session = waiting[0]
                found.append(lane)
            else:
                del self._active[lane.number]
        return self._without_held(found) if self._held else found

    def _without_held(self, lanes: list[_Queue]) -> list[_Queue]:
        """Without the pending I/O of the session that was hung up, as long as it has the news to digest: an answer that
        always came first would hide what a cancelled request leaves behind."""
        busy = any(entry[2] == self._held for lane in lanes if not lane.external for entry in lane.waiting)
        if not busy:
            self._held = ""
            return lanes
        return [lane for lane in lanes if not (lane.external and lane.session == self._held)]

    def _chosen(self, lanes: list[_Queue]) -> _Queue:
        if self._streak > PATIENCE:
            others = [lane for lane in lanes if lane.session != self._current]
            if not others and self._timers:
                self._fire()
            self._streak = 0
            lanes = others or lanes
        if len(lanes) == 1:
            return lanes[0]
        if not self.deciding:
            return min(lanes, key=_born)
        default = self._default(lanes)
        session, step = self._current, self.ran[self._current]
        picked = self._strategy.pick(lanes, default, session, step)
        lane = lanes[picked]
        if picked != default:
            source = sum(each.session == lane.session and each.born < lane.born for each in lanes)
            forced = lanes[default].session != session
            self.switches.append(Switch(session, step, lane.session, source, forced))
        return lane

    def _default(self, lanes: list[_Queue]) -> int:
        """The oldest step of the session that runs, or of the first in the order that can."""
        best, best_rank, best_born = 0, len(self._rank) + 1, 0
        for index, lane in enumerate(lanes):
            rank = -1 if lane.session == self._current else self._rank.get(lane.session, len(self._rank))
            if rank < best_rank or (rank == best_rank and lane.born < best_born):
                best, best_rank, best_born = index, rank, lane.born
        return best

    def _run(self, lane: _Queue) -> None:
        session = lane.session
        self._streak = self._streak + 1 if session == self._current else 0
        self._current = session
        self.ran[session] += 1
        self.steps.append(lane.number)
        if len(self.steps) > self._steps_max:
            raise Stuck(f"no end after {self._steps_max} steps")
        if not self._stock or lane.outside:
            self._execute(*lane.waiting.popleft())
        elif lane.external:
            # An ordinary loop puts what comes behind what is ready.
            _, handle, of = lane.waiting.popleft()
            self._advance_to(handle)
            ready = self._callbacks.get("")
            if ready is None:
                ready = self._callbacks[""] = self._lane("all callbacks", external=False)
            self._put(ready, handle, of)
        else:
            for _ in range(len(lane.waiting)):
                self._execute(*lane.waiting.popleft())
        if not lane.waiting:
            self._active.pop(lane.number, None)

    def _execute(self, _born: int, handle: events.Handle, session: str) -> None:
        if handle.cancelled():
            return
        self.session = session
        self._advance_to(handle)
        handle._run()
        self.session = APPLICATION

    def _advance_to(self, handle: events.Handle) -> None:
        if isinstance(handle, events.TimerHandle):
            self._now = max(self._now, handle.when())

    def _fire(self) -> None:
        """Let the next timer be due."""
        while self._timers:
            when, _, timer, session = heapq.heappop(self._timers)
            if not timer.cancelled():
                self._now = max(self._now, when)
                self._put(self._lane(f"{session} timer"), timer, session)
                return
        raise Stuck("nothing can go on: every session waits for something that never comes")

    def _hang_up(self, disconnect: Disconnect) -> None:
        call = self.calls.get(disconnect.session)
        if call is not None and call.request == disconnect.request and call.steps >= disconnect.step:
            self._disconnect = None
            self._held = disconnect.session
            session, self.session = self.session, disconnect.session
            call.hang_up()
            self.session = session


def _refusal(name: str) -> Callable[..., Any]:
    def refuse(self: ExplorationLoop, *_args: object, **_more: object) -> Any:
        error = uncontrolled(f"loop.{name}()", "give the application an in-process part in its place")
        self.failures.append(error)
        raise error

    refuse.__name__ = name
    return refuse


for _name in (
    *("create_unix_connection", "create_unix_server"),
    *("create_datagram_endpoint", "getaddrinfo", "getnameinfo", "sendfile", "start_tls", "connect_accepted_socket"),
    *("sock_recv", "sock_recv_into", "sock_recvfrom", "sock_sendall", "sock_sendto", "sock_connect", "sock_accept"),
    *("add_reader", "remove_reader", "add_writer", "remove_writer", "add_signal_handler", "remove_signal_handler"),
    *("subprocess_exec", "subprocess_shell", "connect_read_pipe", "connect_write_pipe"),
):
    setattr(ExplorationLoop, _name, _refusal(_name))


def _set(future: asyncio.Future[Any], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _born(lane: Lane) -> int:
    return lane.born
