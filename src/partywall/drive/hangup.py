"""A client that sends its request and hangs up: the trigger of connections left with an unread reply."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import httpx


def send_and_hang_up(
    request: httpx.Request, after_s: float, connect_timeout_s: float, tls: ssl.SSLContext
) -> tuple[str, bytes, str]:
    """Send a request on a socket of its own, read until ``after_s`` seconds have passed, close.

    Returns:
        Local address of the socket, the raw bytes received, and "" or what broke before the time was up.
    """
    host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
    received = bytearray()
    address = ""
    try:
        with socket.create_connection((host, port), connect_timeout_s) as plain:
            link = tls.wrap_socket(plain, server_hostname=host) if request.url.scheme == "https" else plain
            address = "{}:{}".format(*link.getsockname()[:2])
            link.sendall(_wire(request))
            until = time.monotonic() + after_s
            while (left := until - time.monotonic()) > 0:
                link.settimeout(left)
                try:
                    data = link.recv(65536)
                except TimeoutError:
                    break
                if not data:
                    break
                received += data
    except OSError as error:
        return address, bytes(received), f"{type(error).__name__}: {error}"
    return address, bytes(received), ""


def _wire(request: httpx.Request) -> bytes:
    head = b"%s %s HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)
    lines = b"".join(b"%s: %s\r\n" % (name, value) for name, value in request.headers.raw)
    return head + lines + b"\r\n" + request.read()
