"""HTTP/1.1 on one connection (RFC 9112): requests as bytes, answers in the order of their requests.

Nothing here is shared between connections. Parsing is httptools'; heads and bodies are bounded.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

HEAD_BYTES_MAX = 128 << 10
BODY_BYTES_MAX = 32 << 20


class BrokenError(Exception):
    """No whole answer came; the message says what broke, as httpx names it."""


class Reply:
    """An answer that is awaited, as far as it has come.

    Attributes:
        done: settled once it is whole, or with a `BrokenError`.
        head_only: asked for with HEAD: what its headers say of a body does not come.
        status: 0 until its first line has come. headers: names in lower case.
    """

    __slots__ = ("_parts", "_size", "done", "framed", "head_only", "headers", "ready", "reason", "status")

    def __init__(self, done: asyncio.Future[None], *, head_only: bool = False) -> None:
        self.done = done
        self.head_only = head_only
        self.status = 0
        self.reason = ""
        self.headers: list[tuple[str, str]] = []
        self.framed = False
        self.ready = False
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def body(self) -> bytes:
        """What has come of the body, with its content coding."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def add(self, part: bytes) -> None:
        """More of the body."""
        self._parts.append(part)
        self._size += len(part)
        if self._size > BODY_BYTES_MAX:
            raise BrokenError(f"LocalProtocolError: a body of more than {BODY_BYTES_MAX} bytes")

    def settle(self, error: BrokenError | None = None) -> None:
        """It is whole, or will never be."""
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)

    def begin(self) -> None:
        """Forget an interim answer (1xx): the final one follows."""
        self.status, self.reason, self.headers, self.framed, self.ready = 0, "", [], False, False


class Connection(asyncio.Protocol):
    """One connection of one session. For its loop's thread only.

    Attributes:
        address: its own end, as "127.0.0.1:54321".
        closed: nothing can be sent any more.
        heard: called with each piece of data that comes, once it has been read, if set.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.address = ""
        self.closed = False
        self.heard: Callable[[bytes], None] | None = None
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._replies: deque[Reply] = deque()
        self._parser = httptools.HttpResponseParser(self)
        self._head_bytes = 0

    @property
    def idle(self) -> bool:
        """Open, and nothing is awaited on it."""
        return not self.closed and not self._replies

    def send(self, data: bytes, *, head_only: bool = False) -> Reply:
        """Send a request, or the beginning of one; the answer's place in the order is taken now."""
        reply = Reply(self._loop.create_future(), head_only=head_only)
        if self.closed or self._transport is None:
            reply.settle(BrokenError("WriteError: the connection is closed"))
            return reply
        self._replies.append(reply)
        self._transport.write(data)
        return reply

    def write(self, data: bytes) -> None:
        """More of the latest request."""
        if self._transport is not None and not self.closed:
            self._transport.write(data)

    def half_close(self) -> None:
        """Say that nothing more will be sent; answers still come."""
        if self._transport is not None and not self.closed and self._transport.can_write_eof():
            self._transport.write_eof()

    def hold(self) -> None:
        """Leave what comes unread until `release`."""
        if self._transport is not None and not self.closed:
            self._transport.pause_reading()

    def release(self) -> None:
        """Read again."""
        if self._transport is not None and not self.closed:
            self._transport.resume_reading()

    def fail(self, reason: str) -> None:
        """Close, and tell all who wait why."""
        self.close()
        self._settle_all(reason)

    def close(self) -> None:
        """Close in the ordinary way."""
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Close with a reset (RST), as a client that crashed does."""
        if self._transport is not None:
            plain = self._transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.closed = True
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("sockname")
        self.address = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else ""

    def data_received(self, data: bytes) -> None:
        """More has come."""
        if not self._replies:
            # Nobody asked: the server lost step, or says why it closes. What follows must not be answered with it.
            self.close()
            return
        reply = self._replies[0]
        if not reply.ready:
            if self._head_bytes > HEAD_BYTES_MAX:
                self.fail(f"LocalProtocolError: a head of more than {HEAD_BYTES_MAX} bytes")
                return
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__ or error
            if isinstance(cause, BrokenError):
                self.fail(str(cause))
            else:
                self.fail(f"RemoteProtocolError: {type(cause).__name__}: {cause}")
        if self.heard is not None:
            self.heard(data)

    def eof_received(self) -> bool:
        """The other side will send nothing more."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self.closed = True
        if self._replies and error is None:
            reply = self._replies[0]
            if reply.ready and not reply.framed and reply.status >= 200:
                # Without a length, the end of the connection is the end of the body.
                self._replies.popleft().settle()
        what = f"ReadError: {error}" if error else "RemoteProtocolError: closed before the answer was whole"
        self._settle_all(what)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """An answer begins."""
        if not self._replies:
            raise BrokenError("RemoteProtocolError: an answer that nobody asked for")
        self._replies[0].begin()

    def on_status(self, status: bytes) -> None:
        """The reason phrase."""
        self._replies[0].reason += status.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of the head, or of a trailer."""
        known = _NAMES.get(name)
        if known is None:
            known = name.decode("latin-1").lower()
            if len(_NAMES) < 1024:
                _NAMES[name] = known
        reply = self._replies[0]
        if known in _FRAMING:
            reply.framed = True
        reply.headers.append((known, _text(value)))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        reply = self._replies[0]
        reply.status = self._parser.get_status_code()
        reply.ready = reply.status >= 200
        self._head_bytes = 0
        if reply.head_only and reply.ready:
            keep = self._parser.should_keep_alive()
            self._parser = httptools.HttpResponseParser(self)
            self._replies.popleft().settle()
            if not keep:
                self.close()

    def on_body(self, part: bytes) -> None:
        """A piece of the body."""
        if not self._replies or not self._replies[0].ready:
            raise BrokenError("RemoteProtocolError: a body that nobody asked for")
        self._replies[0].add(part)

    def on_message_complete(self) -> None:
        """The answer is whole, or an interim one is."""
        if not self._replies or not self._replies[0].ready:
            return
        keep = self._parser.should_keep_alive()
        self._replies.popleft().settle()
        if not keep:
            self.close()
            self._settle_all("RemoteProtocolError: the server closed after an earlier answer")

    def _settle_all(self, reason: str) -> None:
        while self._replies:
            self._replies.popleft().settle(BrokenError(reason))


async def connect(
    host: str, port: int, *, tls: ssl.SSLContext | None = None, receive_bytes: int | None = None
) -> Connection:
    """A new connection.

    Args:
        receive_bytes: size of the receive buffer, for who means to read late. The kernel has a least size.

    Raises:
        BrokenError: it can't be opened.
    """
    loop = asyncio.get_running_loop()
    plain = None
    try:
        if receive_bytes is not None:
            plain = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
            plain.setblocking(False)  # noqa: FBT003  # its signature
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            await loop.sock_connect(plain, (host, port))
        _, connection = await (
            loop.create_connection(lambda: Connection(loop), sock=plain, ssl=tls, server_hostname=host if tls else None)
            if plain is not None
            else loop.create_connection(lambda: Connection(loop), host, port, ssl=tls)
        )
    except OSError as error:
        if plain is not None:
            plain.close()
        raise BrokenError(f"ConnectError: {error}") from error
    return connection


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


_FRAMING = frozenset({"content-length", "transfer-encoding"})
_NAMES: dict[bytes, str] = {}
