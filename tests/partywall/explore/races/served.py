"""The ten races over sockets: one service of two uvicorn workers, each race under its name. What a worker would have in
its own memory it has there; what workers share is in an SQLite file, and whom they ask is a service on a socket.

``python -m tests.partywall.explore.races.served PORT`` serves until standard input ends; `serving` tells it the rest.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount

from fixtures.providers import unmeasured
from partywall.drive.loop import LoopThread
from partywall.drive.upstream import Upstream
from partywall.target import Credential, Target
from tests.partywall.explore.races import RACES
from tests.partywall.explore.races.shared import ASKED, CORRECT, STORE, Sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request
    from starlette.responses import Response

    from partywall.model import Tenant

WORKERS = 2
WORKER_HEADER = "x-worker"
READY_S = 120.0
_ROOT = Path(__file__).parents[4]
_STARTED = "Application startup complete"


class _Named(BaseHTTPMiddleware):
    """Says in each answer which worker gave it, as services have middleware of many kinds."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers[WORKER_HEADER] = str(os.getpid())
        return response


def create() -> Starlette:
    """A worker's application."""
    correct = bool(os.environ[CORRECT])
    made = {
        name: race.application(correct, Sockets(name, int(os.environ[ASKED]), os.environ[STORE]))
        for name, race in RACES.items()
    }
    return Starlette(routes=[Mount(f"/{name}", app) for name, app in made.items()], middleware=[Middleware(_Named)])


@dataclass(frozen=True)
class Served:
    """The running service."""

    origin: str
    upstream: Upstream

    def target(self, race: str) -> Target:
        """One race as partywall sees it."""
        return Target(
            f"{self.origin}/{race}",
            RACES[race].subject().policy,
            _admit,
            slow_upstream=self.upstream.slow,
        )


@contextmanager
def serving(*, correct: bool = False) -> Iterator[Served]:
    """The service, or its correct twin, and what it leans on, which begins empty."""
    with (
        TemporaryDirectory(prefix="partywall-races-") as folder,
        _echoing() as asked,
        Upstream(("127.0.0.1", asked)) as upstream,
    ):
        settings = {
            ASKED: str(upstream.port),
            STORE: f"{folder}/store.db",
            CORRECT: "1" if correct else "",
            "PYTHONPATH": f"{_ROOT}:{_ROOT / 'src'}",
        }
        Sockets("", 0, settings[STORE]).create()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with subprocess.Popen(
            [sys.executable, "-m", __name__, str(port)],
            cwd=_ROOT,
            env={**unmeasured(), **settings},
            stdin=subprocess.PIPE,  # which ends when this process does, and with it the service
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                _until_started(process)
                yield Served(f"http://127.0.0.1:{port}", upstream)
            finally:
                process.terminate()
                process.wait()


def _admit(tenant: Tenant) -> Credential:
    key = base64.urlsafe_b64encode(tenant.name.encode()).decode()
    return Credential((("Authorization", f"Bearer {key}"),))


def _until_started(process: subprocess.Popen[str]) -> None:
    """Wait for all workers; go on reading what is said, so that nobody waits to say it."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    said = process.stderr
    assert said is not None  # Popen was told to pipe it

    def read() -> None:
        with contextlib.suppress(ValueError):  # closed
            for line in said:
                lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    heard: list[str] = []
    while sum(_STARTED in line for line in heard) < WORKERS:
        try:
            heard.append(lines.get(timeout=READY_S))
        except queue.Empty:
            heard.append("")
        if not heard[-1]:
            raise RuntimeError(f"expected {WORKERS} workers to start, came: {''.join(heard)[-2000:]}")


@contextmanager
def _echoing() -> Iterator[int]:
    """Port of a service that answers each line with itself, a millisecond later."""
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                await asyncio.sleep(0.001)
                writer.write(line)

    async def start() -> asyncio.Server:
        return await asyncio.start_server(answer, "127.0.0.1", 0)

    with LoopThread() as loop:
        server = loop.run(start())
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            loop.call(server.close)
            for writer in writers:
                loop.call(writer.close)


def _until_end_of_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_until_end_of_input, daemon=True).start()
    uvicorn.run(
        "tests.partywall.explore.races.served:create",
        factory=True,
        port=int(sys.argv[1]),
        workers=WORKERS,
        loop="asyncio",
        http="httptools",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
