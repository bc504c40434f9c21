"""Running the provider until a signal says stop, or standard input ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from clickdrop.provider.charges import Charges
from clickdrop.provider.faults import Misfortune
from clickdrop.provider.server import ProviderServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_VARIABLE, CONTROL_KEY_VARIABLE = "CLICKDROP_PROVIDER_KEY", "CLICKDROP_PROVIDER_CONTROL_KEY"
"""Where the credentials of whoever takes money, and of whoever makes it misbehave, are told."""
_BACKLOG = 1024


def listen(where: Path | tuple[str, int]) -> socket.socket:
    """Listen on a Unix socket, or on a host's port, 0 for a free one; raises `OSError`."""
    if isinstance(where, tuple):
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        return socket.create_server(where, family=family, backlog=_BACKLOG)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    where.unlink(missing_ok=True)  # one that was killed leaves its socket behind
    listener.bind(str(where))
    listener.listen(_BACKLOG)
    return listener


def provide(
    listener: socket.socket,
    store: Path,
    key: str,
    control_key: str,
    ready: Callable[[], None],
    *,
    until_eof: bool = False,
) -> None:
    """Serve from the listener until SIGINT or SIGTERM, or the end of standard input."""
    with closing(Charges(store)) as charges, closing(listener):
        server = ProviderServer(listener, charges, Misfortune(), key, control_key)

        def stop(*_: object) -> None:
            # Not here: whoever shuts the server down waits for it, and this may run in the thread that serves.
            threading.Thread(target=server.shutdown, daemon=True).start()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if until_eof:
            threading.Thread(target=_at_end_of_input, args=(stop,), daemon=True).start()
        ready()
        server.serve_forever(poll_interval=0.1)


def _at_end_of_input(stop: Callable[[], None]) -> None:
    while os.read(0, 1024):
        pass
    stop()
