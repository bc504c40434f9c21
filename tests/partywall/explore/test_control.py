"""What an application may use: controlled, or named as not controlled where it is called."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response, StreamingResponse

from partywall.explore import Disconnect, Portfolio, Sweep, explore
from partywall.model import Outcome
from tests.partywall.explore.races.race import client, get, programme
from tests.partywall.explore.small import answers, run, said, subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.requests import Request

ONE = programme(client("A", get("/x")))


def test_long_waits_cost_no_time() -> None:
    """An hour's sleep is over at once, and the clocks say that it was an hour."""

    async def endpoint(_request: Request) -> Response:
        began = (time.time(), time.monotonic_ns())
        await asyncio.sleep(3600)
        return said([time.time() - began[0], (time.monotonic_ns() - began[1]) / 1e9])

    before = time.perf_counter()
    assert answers(run(subject(endpoint), ONE)) == [b"[3600.0,3600.0]"]
    assert time.perf_counter() - before < 60


def test_timeouts_fire_in_virtual_time() -> None:
    """asyncio.wait_for, asyncio.timeout and anyio's cancel scopes end what takes too long, in their order."""

    async def endpoint(_request: Request) -> Response:
        ended = []
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), 10)
            ended.append("never")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(100)
        with anyio.move_on_after(3):
            await anyio.sleep(100)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 100)
            group.cancel_scope.cancel()
        ended.append(f"{asyncio.get_running_loop().time() % 1000:.0f}")
        return said(ended)

    assert answers(run(subject(endpoint), ONE)) == [b'["18"]']


def test_threads_run_when_the_schedule_says() -> None:
    """asyncio.to_thread, run_in_executor, anyio.to_thread and anyio.from_thread give their results, and sleep in
    virtual time."""

    def slow(value: int) -> int:
        time.sleep(500)
        return value

    async def from_loop() -> int:
        await asyncio.sleep(0)
        return 4

    async def endpoint(_request: Request) -> Response:
        loop = asyncio.get_running_loop()
        found = [
            await asyncio.to_thread(slow, 1),
            await loop.run_in_executor(None, slow, 2),
            await anyio.to_thread.run_sync(slow, 3),
            await anyio.to_thread.run_sync(anyio.from_thread.run, from_loop),
        ]
        return said([found, loop.time() >= 2_500])

    assert answers(run(subject(endpoint), ONE)) == [b"[[1,2,3,4],true]"]


def test_errors_of_threads_come_back() -> None:
    """What a function raises in a thread is raised where it is awaited."""

    def broken() -> None:
        raise ValueError("no")

    async def endpoint(_request: Request) -> Response:
        try:
            await asyncio.to_thread(broken)
        except ValueError as error:
            return said(str(error))
        return said("nothing")

    assert answers(run(subject(endpoint), ONE)) == [b'"no"']


def test_thread_without_line_steps_is_one_step() -> None:
    """Without lines of its own a synchronous endpoint is one step, so its race with itself can't show."""
    at_once: list[int] = []

    def endpoint(_request: Request) -> Response:
        at_once.append(1)
        most = len(at_once)
        at_once.pop()
        return said(most)

    atomic = explore(subject(endpoint), _both(), stages=(Portfolio(schedules=100),))
    assert atomic.judged > 0
    most: set[bytes] = set()
    for seed in range(60):
        result = explore(
            subject(endpoint, lines=(__file__,), checks=(lambda history: _note(history, most),)),
            _both(),
            stages=(Portfolio(schedules=3),),
            seed=seed,
        )
        assert result.verdict.outcome is Outcome.HELD, result.verdict
    assert most == {b"1", b"2"}


def _note(history: Any, seen: set[bytes]) -> tuple[()]:
    seen.update(exchange.body for exchange in history.exchanges if exchange.succeeded)
    return ()


def _both() -> Any:
    return programme(client("A", get("/x")), client("B", get("/x")))


def test_threads_that_wait_for_each_other_are_named() -> None:
    """A lock that another controlled thread holds is named as not controlled, where it is waited for."""
    lock = threading.Lock()

    def endpoint(_request: Request) -> Response:
        with lock:
            time.sleep(1)
        return said(1)

    result = run(subject(endpoint))
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert result.uncontrolled
    assert "a thread that blocks, at test_control.py:" in result.verdict.reasons[0]
    assert "in endpoint" in result.verdict.reasons[0]


def test_chance_comes_from_the_seed() -> None:
    """random, os.urandom and uuid4 say the same for one seed, and something else for another."""

    async def endpoint(_request: Request) -> Response:
        return said([random.random(), os.urandom(4).hex(), str(uuid.uuid4())])

    first, again, other = (answers(run(subject(endpoint), seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert not set(first) & set(other)


def test_background_tasks_belong_to_their_session() -> None:
    """A background task runs after its response was answered, on behalf of the session that started it."""
    sessions = []

    async def later() -> None:
        await asyncio.sleep(0.001)
        task: Any = asyncio.current_task()
        sessions.append(task.session)

    async def endpoint(_request: Request) -> Response:
        return JSONResponse(len(sessions), background=BackgroundTask(later))

    assert answers(run(subject(endpoint))) == [b"0", b"1"]
    assert sessions == ["A", "B"]


def test_context_variables_stay_with_their_request() -> None:
    """A context variable set in one request is not seen in another, whatever the schedule."""
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def endpoint(_request: Request) -> Response:
        before = variable.get()
        variable.set(before + 1)
        await asyncio.sleep(0.001)
        return said([before, variable.get()])

    seen: set[bytes] = set()
    service = subject(endpoint, checks=(lambda history: _note(history, seen),))
    assert explore(service, _both(), stages=(Sweep(),)).verdict.outcome is Outcome.HELD
    assert seen == {b"[0,1]"}


def test_streams_are_recorded_as_far_as_they_came() -> None:
    """A stream is recorded whole; of one whose client hangs up, what had come by then, without a status."""

    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one ", b"two ", b"three"):
            yield part
            await asyncio.sleep(0.001)

    async def endpoint(_request: Request) -> Response:
        return StreamingResponse(parts())

    assert answers(run(subject(endpoint), ONE)) == [b"one two three"]
    cut = run(subject(endpoint), ONE, disconnect=Disconnect("A", 0, 7)).history.exchanges[0]
    assert cut.status is None
    assert cut.body == b"one "
    assert cut.fault == "hung up after 7 steps"


def test_life_span_is_run_once_an_instance() -> None:
    """An instance begins before its first request, ends after its last, and hands its state to requests."""
    told = []

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, int]]:
        told.append("begin")
        yield {"count": 7}
        told.append("end")

    async def endpoint(request: Request) -> Response:
        told.append("request")
        return said(request.state.count)

    assert answers(run(subject(endpoint, lifespan))) == [b"7", b"7"]
    assert told == ["begin", "request", "request", "end"]


def _no_database() -> None:
    raise ValueError("no database")


def test_life_span_that_fails_is_inconclusive() -> None:
    """A service that does not start proves nothing."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        _no_database()
        yield

    async def endpoint(_request: Request) -> Response:
        return said(1)

    result = run(subject(endpoint, lifespan))
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert "lifespan.startup.failed" in result.verdict.reasons[0]


def test_application_that_breaks_answers_500() -> None:
    """An error that an application lets out is a 500, as a server makes it."""

    async def broken(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            raise ValueError("no")

    service = subject(lambda _request: said(1))
    result = run(type(service)(lambda: broken, service.policy), ONE)
    assert result.history.exchanges[0].status == 500


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database with a counter in it."""
    return f"sqlite+aiosqlite:///{tmp_path / 'counter.db'}"


def test_sqlalchemy_over_aiosqlite_waits_for_locks(database: str) -> None:
    """Two transactions that write wait for each other in every schedule, and no schedule loses an update."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.engine = create_async_engine(database)
        async with app.state.engine.begin() as connection:
            await connection.execute(text("DROP TABLE IF EXISTS counter"))
            await connection.execute(text("CREATE TABLE counter (value INTEGER)"))
            await connection.execute(text("INSERT INTO counter VALUES (0)"))
        yield
        await app.state.engine.dispose()

    async def endpoint(request: Request) -> Response:
        async with request.app.state.engine.begin() as connection:
            await connection.execute(text("UPDATE counter SET value = value + 1"))
            value = await connection.scalar(text("SELECT value FROM counter"))
        return said(value)

    seen: set[frozenset[bytes]] = set()

    def note(history: Any) -> tuple[()]:
        seen.add(frozenset(exchange.body for exchange in history.exchanges))
        return ()

    result = explore(subject(endpoint, lifespan, checks=(note,)), _both(), stages=(Sweep(disconnects=False),))
    assert result.verdict.outcome is Outcome.HELD, result.verdict
    assert seen == {frozenset({b"1", b"2"})}


async def _connects(_request: Request) -> Response:
    await asyncio.open_connection("127.0.0.1", 9)
    return said(1)


def test_what_an_application_serves_it_can_connect_to() -> None:
    """A server and its clients inside the application talk over a network inside the loop, in order and to the end."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.writelines([b"re: ", line])
        writer.close()

    async def endpoint(_request: Request) -> Response:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"one\n")
        writer.write(b"two\n")
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return said([answer.decode(), server.is_serving()])

    assert answers(run(subject(endpoint))) == [b'["re: one\\nre: two\\n",false]'] * 2


async def _socket(_request: Request) -> Response:
    with socket.socket() as client_socket:
        client_socket.connect(("127.0.0.1", 9))
    return said(1)


async def _thread(_request: Request) -> Response:
    threading.Thread(target=print).start()
    return said(1)


async def _pool(_request: Request) -> Response:
    with ThreadPoolExecutor(1) as pool:
        return said(pool.submit(int).result())


async def _process(_request: Request) -> Response:
    return said(subprocess.run([sys.executable, "-c", ""], check=False).returncode)  # noqa: ASYNC221  # what is refused


async def _swallows(request: Request) -> Response:
    with contextlib.suppress(Exception):
        return await _thread(request)
    return said(1)


@pytest.mark.parametrize(
    ("endpoint", "what", "where"),
    [
        (_connects, "a connection to 127.0.0.1:9", "_connects"),
        (_socket, "a socket", "_socket"),
        (_thread, "a thread of its own", "_thread"),
        (_pool, "a thread of its own", "_pool"),
        (_process, "a process of its own", "_process"),
        (_swallows, "a thread of its own", "_thread"),
    ],
)
def test_what_is_not_controlled_is_named_at_its_call(endpoint: Any, what: str, where: str) -> None:
    """Sockets, threads and processes of its own make an exploration inconclusive, at the line that asked, though the
    application may swallow the error."""
    result = explore(subject(endpoint), _both())
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert result.schedules == 1
    (reason,) = result.verdict.reasons
    assert f"not controlled: {what}, at test_control.py:" in reason
    assert f"in {where}" in reason


def test_control_ends_with_the_exploration() -> None:
    """After an exploration the machine's own clocks, chance and threads are back."""
    names = (time.time, time.sleep, os.urandom, threading.Thread.start, socket.socket.connect)

    async def endpoint(_request: Request) -> Response:
        return said(1)

    run(subject(endpoint))
    assert names == (time.time, time.sleep, os.urandom, threading.Thread.start, socket.socket.connect)


def test_deadlock_is_inconclusive() -> None:
    """Where nothing can go on, and where nothing ends, the run says so."""

    async def waits(_request: Request) -> Response:
        await asyncio.get_running_loop().create_future()
        return said(1)

    async def spins(_request: Request) -> Response:
        while True:  # noqa: ASYNC110  # it spins on purpose
            await asyncio.sleep(0)

    assert "nothing can go on" in run(subject(waits)).verdict.reasons[0]
    assert run(subject(spins, steps_max=5_000)).verdict.reasons == ("no end after 5000 steps",)


def test_who_waits_in_circles_does_not_keep_others_from_running() -> None:
    """A session that polls for what another does comes to its end by default."""
    done: list[int] = []

    async def endpoint(request: Request) -> Response:
        if request.headers["authorization"].endswith("A"):
            while not done:  # noqa: ASYNC110  # it polls on purpose
                await asyncio.sleep(0)
        done.append(1)
        return said(len(done))

    assert answers(run(subject(endpoint))) == [b"2", b"1"]
