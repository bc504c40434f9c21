"""A cache in a server of its own, as far away as a remote one: each reply takes a few milliseconds.

Requests and replies are frames: four bytes of length, then so many bytes. A connection answers its requests in
order, one at a time.
"""

from __future__ import annotations

import asyncio
import struct

from clickdrop.adapters.cache import InProcessCache

REPLY_SECONDS = 0.005
MAX_FRAME_BYTES = 64 * 1024 * 1024

_LENGTH = struct.Struct(">I")
_SET = struct.Struct(">dI")
_DONE, _NOTHING, _VALUE = b"+", b"-", b"$"
_GET_COMMAND, _SET_COMMAND = b"G", b"S"


def frame(content: bytes) -> bytes:
    """Write a frame."""
    return _LENGTH.pack(len(content)) + content


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """Read a frame; raises `ConnectionError` if what comes is none."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_FRAME_BYTES:
            raise ConnectionError(f"expected a frame of at most {MAX_FRAME_BYTES} bytes, came {length}")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        raise ConnectionError("the connection ended") from None


def get_request(key: str) -> bytes:
    """Write a request for a value."""
    return frame(_GET_COMMAND + key.encode())


def set_request(key: str, value: bytes, seconds: float) -> bytes:
    """Write a request to keep a value."""
    name = key.encode()
    return frame(_SET_COMMAND + _SET.pack(seconds, len(name)) + name + value)


def value_of(reply: bytes) -> bytes | None:
    """Answer the value of a reply, if it has one."""
    return reply[1:] if reply.startswith(_VALUE) else None


class CacheServer:
    """Listens on a free loopback port for as long as its event loop runs."""

    def __init__(self) -> None:
        self._cache = InProcessCache()
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection, starting the server for the first one."""
        async with self._starting:
            if self._server is None:
                self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return await asyncio.open_connection(host, port)

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await read_frame(reader)
                await asyncio.sleep(REPLY_SECONDS)
                writer.write(frame(await self._reply(request)))
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # at the end of the loop, too: Python 3.11 logs a handler that was cancelled as an error
        finally:
            writer.close()

    async def _reply(self, request: bytes) -> bytes:
        command, content = request[:1], request[1:]
        if command == _GET_COMMAND:
            value = await self._cache.get(content.decode())
            return _NOTHING if value is None else _VALUE + value
        seconds, length = _SET.unpack_from(content)
        name, value = content[_SET.size : _SET.size + length], content[_SET.size + length :]
        await self._cache.set(name.decode(), value, seconds)
        return _DONE
