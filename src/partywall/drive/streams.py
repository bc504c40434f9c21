"""Answers that go on: server-sent events, which are read as they come, until their listener has heard enough."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx

from partywall.drive.recorder import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywall.model import Exchange

BEGINS_S, ENDS_S = 1.0, 5.0
"""How long a stream may be silent before others go on, and how long its reader may take to notice its end."""


class Listening:
    """A request whose answer goes on, until it is closed; then it is an exchange, with what had come as its body.

    Args:
        prepared: is sent at once; what follows is read in a thread of its own.
        record: makes the exchange of what came.
    """

    def __init__(self, client: httpx.Client, prepared: httpx.Request, record: Callable[[Answer], Exchange]) -> None:
        self._record = record
        self._changed = threading.Condition()
        self._received = bytearray()
        self._fault = ""
        self._ended = self._closing = False
        self._response: httpx.Response | None = None
        try:
            self._response = client.send(prepared, stream=True)
        except httpx.HTTPError as error:
            self._fault, self._ended = f"{type(error).__name__}: {error}", True
            return
        self._reader = threading.Thread(target=self._read, args=(self._response,), daemon=True)
        self._reader.start()
        self.wait(bool, time.monotonic() + BEGINS_S)

    def wait(self, enough: Callable[[bytes], object], until: float) -> bool:
        """Listen until what has come is enough, the stream has ended, or the monotonic clock says so. Was it enough?"""
        with self._changed:
            left = max(0.0, until - time.monotonic())
            self._changed.wait_for(lambda: self._ended or enough(bytes(self._received)), left)
            return bool(enough(bytes(self._received)))

    def close(self) -> Exchange:
        """Hang up."""
        self._closing = True
        response = self._response
        if response is None:
            return self._record(Answer(fault=self._fault))
        stream = response.extensions.get("network_stream")
        address = stream.get_extra_info("client_addr") if stream else None
        link = stream.get_extra_info("socket") if stream else None
        with contextlib.suppress(OSError):  # it may be closed already
            if link is not None:
                link.shutdown(socket.SHUT_RDWR)
        self._reader.join(ENDS_S)
        with contextlib.suppress(httpx.HTTPError, OSError):
            response.close()
        connection = f"{address[0]}:{address[1]}" if address else ""
        if self._fault:
            return self._record(Answer(connection, body=bytes(self._received), fault=self._fault))
        headers = tuple(response.headers.multi_items())
        return self._record(
            Answer(connection, response.status_code, response.reason_phrase, headers, bytes(self._received))
        )

    def _read(self, response: httpx.Response) -> None:
        try:
            for part in response.iter_bytes():
                with self._changed:
                    self._received += part
                    self._changed.notify_all()
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if not self._closing:
                self._fault = f"{type(error).__name__}: {error}"
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
