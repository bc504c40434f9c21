"""A network inside the loop: what an application serves, it can connect to; every piece that travels is a step.

Addresses that nobody here listens at are not controlled.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from partywall.explore.loop import ExplorationLoop

_FIRST_PORT = 49_152


class Network:
    """The addresses of one loop."""

    def __init__(self, loop: ExplorationLoop) -> None:
        self._loop = loop
        self._served: dict[tuple[str, int], Callable[[], asyncio.BaseProtocol]] = {}
        self._ports = itertools.count(_FIRST_PORT)
        self._connections = itertools.count(1)

    def listen(self, host: str, port: int, factory: Callable[[], asyncio.BaseProtocol]) -> Server:
        """Serve an address, port 0 for a free one."""
        address = (host, port or next(self._ports))
        self._served[address] = factory
        return Server(self._loop, address, self._served)

    def serves(self, host: str, port: int) -> bool:
        """Does anybody here listen there?"""
        return (host, port) in self._served

    def connect(
        self, host: str, port: int, factory: Callable[[], asyncio.BaseProtocol]
    ) -> tuple[Transport, asyncio.BaseProtocol]:
        """A connection to what is served."""
        near, far = factory(), self._served[host, port]()
        number = next(self._connections)
        address = ("127.0.0.1", next(self._ports))
        client = Transport(self._loop, f"connection {number} sent", near, address, (host, port))
        server = Transport(self._loop, f"connection {number} received", far, (host, port), address)
        client.peer, server.peer = server, client
        near.connection_made(client)
        far.connection_made(server)
        return client, near


class Server(asyncio.AbstractServer):
    """What listens at an address."""

    def __init__(self, loop: ExplorationLoop, address: tuple[str, int], served: dict[tuple[str, int], Any]) -> None:
        self._loop, self._address, self._served = loop, address, served
        self.sockets = (_Socket(address),)

    def close(self) -> None:
        """Listen no more."""
        self._served.pop(self._address, None)

    async def wait_closed(self) -> None:
        """It is closed at once."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Its loop."""
        return self._loop

    def is_serving(self) -> bool:
        """Does it listen?"""
        return self._address in self._served

    async def serve_forever(self) -> None:
        """It listens until it is closed; who waits here waits until it is cancelled."""
        await self._loop.create_future()

    async def start_serving(self) -> None:
        """It listens from the beginning."""


class _Socket:
    """As much of a listening socket as is asked for: its name."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    def getsockname(self) -> tuple[str, int]:
        return self._address


class Transport(asyncio.Transport):
    """One end of a connection. What is written arrives in order, each write as a step of its own."""

    peer: Transport

    def __init__(
        self,
        loop: ExplorationLoop,
        label: str,
        protocol: asyncio.BaseProtocol,
        here: tuple[str, int],
        there: tuple[str, int],
    ) -> None:
        super().__init__({"sockname": here, "peername": there})
        self._loop, self._label, self._protocol = loop, label, protocol
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        if not self._closing and data:
            self._travel(self.peer._arrived, bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send in one piece."""
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        """Send no more."""
        self._travel(self.peer._ended)

    def can_write_eof(self) -> bool:
        """It can."""
        return True

    def is_closing(self) -> bool:
        """Is it closed, or about to be?"""
        return self._closing

    def close(self) -> None:
        """Close both ways: at once here, at the other end when it has travelled."""
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)
            self._travel(self.peer._ended)

    def abort(self) -> None:
        """Close."""
        self.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Whom to tell."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who is told."""
        return self._protocol

    def get_write_buffer_size(self) -> int:
        """Nothing waits here."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing waits here."""

    def pause_reading(self) -> None:
        """What has been sent arrives all the same."""

    def resume_reading(self) -> None:
        """See above."""

    def _travel(self, arrive: Callable[..., None], *data: bytes) -> None:
        self._loop.deliver_in_order(self._label, self._loop.session, arrive, *data)

    def _arrived(self, data: bytes) -> None:
        if not self._closing and isinstance(self._protocol, asyncio.Protocol):
            self._protocol.data_received(data)

    def _ended(self) -> None:
        if self._closing:
            return
        if isinstance(self._protocol, asyncio.Protocol) and not self._protocol.eof_received():
            self.close()
