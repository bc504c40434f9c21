"""An ASGI application that is served in this process, on a real socket."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from partywall.errors import Inconclusive, UsageError
from partywall.suite.generic.hooks import named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 30.0


@contextmanager
def serving(app: str, folder: Path) -> Iterator[str]:
    """The origin of an application, "module:attribute", while it is served. Raises `UsageError` or `Inconclusive`."""
    try:
        import uvicorn
    except ImportError as error:
        raise UsageError("--app needs uvicorn: pip install uvicorn") from error
    found = named(app, folder, "--app")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(found, log_level="error", lifespan="auto", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(START_S / 0.02)):
        if server.started or not thread.is_alive():
            break
        waited.wait(0.02)
    if not server.started:
        listener.close()
        raise Inconclusive(f"--app: {app} did not start within {START_S:g} seconds")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
