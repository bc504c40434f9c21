"""Toy services, up while they are needed."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Server = TypeVar("Server", bound=ThreadingHTTPServer)


class Toy(ThreadingHTTPServer):
    """A service on a free port."""

    scheme = "http"

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """A client's connection, which is kept, and about which nothing is printed. ``always``: headers of every answer."""

    always: tuple[tuple[str, str], ...] = ()
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one write: a second would wait for the first to be acknowledged

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""

    def respond(self) -> None:
        """Any request has come."""
        raise NotImplementedError

    def do_any(self) -> None:
        self.respond()

    do_GET = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815  # their names there

    def sent(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def say(self, status: int, body: bytes | str, *headers: tuple[str, str]) -> None:
        """Answer."""
        data = body.encode() if isinstance(body, str) else body
        self.begin(status, *headers, ("Content-Length", str(len(data))))
        self.wfile.write(data)

    def begin(self, status: int, *headers: tuple[str, str]) -> None:
        """Answer as far as the body, whose length may be told."""
        self.send_response(status)
        for name, value in (*self.always, *headers):
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def up(server: Server) -> Iterator[Server]:
    """The server, answering in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
