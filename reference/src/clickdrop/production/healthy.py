"""Asking a process whether it can serve."""

from __future__ import annotations

import http.client
import socket
from typing import Any

from clickdrop.api.health import HEALTH_PATH


class _Connection(http.client.HTTPConnection):
    def __init__(self, family: int, address: Any) -> None:
        super().__init__("localhost", timeout=2)
        self._family, self._address = family, address

    def connect(self) -> None:
        self.sock = socket.socket(self._family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)


def is_healthy(family: int, address: Any) -> bool:
    """Tell whether what listens on an address of the family, `AF_UNIX` among them, says that it is well."""
    connection = _Connection(family, address)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
