"""Serving an application from a socket until a signal says stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from clickdrop.adapters.edge import SEND_BUFFER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

_BACKLOG = 2048
_CLIENT_KEEPS_SECONDS = 5
_EDGE_KEEPS_SECONDS = 120


def bind(host: str, port: int) -> socket.socket:
    """Take the address, port 0 for a free one; raises `OSError` if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only on sockets that name their protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return listener


def listen_on(path: Path) -> socket.socket:
    """Listen on a Unix socket, in place of one that a process left behind."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(_BACKLOG)
    return listener


def at_end_of_input(call: Callable[[], None]) -> None:
    """Have the running event loop call this once standard input has ended. A thread waits for it, since a loop cannot
    watch whatever standard input may be."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        while os.read(0, 1024):
            pass
        with suppress(RuntimeError):  # the loop is closed: whatever was to end has ended
            loop.call_soon_threadsafe(call)

    threading.Thread(target=wait, daemon=True).start()


class _Server(uvicorn.Server):
    """Tells when it accepts requests, and ends quietly on a signal, which uvicorn would raise once more."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], *, until_eof: bool) -> None:
        super().__init__(config)
        self._ready = ready
        self._until_eof = until_eof

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        if self._until_eof:
            at_end_of_input(partial(setattr, self, "should_exit", True))  # noqa: FBT003
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], None],
    *,
    behind_edge: bool = False,
    until_eof: bool = False,
    protocol: str | type[asyncio.Protocol] = "httptools",
) -> None:
    """Serve until SIGINT or SIGTERM, or the end of standard input; requests under way then have a second to end.

    An edge is believed about whom it speaks for, and closes connections that it does not use before this side does,
    which it could be writing a request on.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=protocol,
        access_log=False,
        log_level="warning",
        log_config=None if behind_edge else LOGGING_CONFIG,
        server_header=False,
        proxy_headers=behind_edge,
        forwarded_allow_ips="*" if behind_edge else None,
        timeout_keep_alive=_EDGE_KEEPS_SECONDS if behind_edge else _CLIENT_KEEPS_SECONDS,
        timeout_graceful_shutdown=1,
    )
    await _Server(config, ready, until_eof=until_eof).serve(sockets=[listener])
