"""Requests as they are on the wire, several to a connection."""

from __future__ import annotations

import socket
from http.client import HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.clickdrop.services import Service, Tenant

PATIENCE_SECONDS = 60


def request(tenant: Tenant, path: str, body: bytes = b"") -> bytes:
    """Write a tenant's GET of a path of the tenants' API."""
    url = tenant.http.base_url
    head = f"GET {url.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: {tenant.key}\r\n"
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{head}{length}\r\n".encode() + body


def answers_on_one_connection(service: Service, *requests: bytes) -> list[bytes]:
    """Send requests at once on one connection, and answer the bodies that come, in their order; each has status 200."""
    url = urlsplit(service.url)
    with socket.create_connection((url.hostname or "", url.port or 80), PATIENCE_SECONDS) as connection:
        connection.sendall(b"".join(requests))
        # One reader for all: it may have read into the next answer.
        reader = connection.makefile("rb")
        bodies = []
        for _ in requests:
            answer = HTTPResponse(_Reading(reader))  # type: ignore[arg-type]  # all that it asks of a socket
            answer.begin()
            assert answer.status == 200, answer.read()
            bodies.append(answer.read())
        return bodies


class _Reading:
    """What stands for a socket whose bytes are read elsewhere, and is not closed by who has read an answer."""

    def __init__(self, reader: socket.SocketIO) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> _Reading:
        return self

    def read(self, size: int) -> bytes:
        return self._reader.read(size) or b""

    def readline(self, limit: int = -1) -> bytes:
        return self._reader.readline(limit)

    def flush(self) -> None:
        """Do nothing: nothing is written."""

    def close(self) -> None:
        """Do nothing: there are more answers."""
