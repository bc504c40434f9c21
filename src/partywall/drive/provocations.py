"""What is done on purpose so that a leak shows: requests of several tenants that meet on the wire.

A `Provocation` is a combination; each part of it is named in the exchanges' ``provocations``.
"""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from partywall.drive.cuts import SMALL_BUFFER_BYTES, Cut, send_and_cut
from partywall.drive.http1 import BrokenError
from partywall.drive.recorder import Answer
from partywall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.drive.client import Client, Prepared
    from partywall.drive.http1 import Connection, Reply
    from partywall.model import Exchange, Request, Tenant


class Ends(enum.StrEnum):
    """In which order requests that were begun together end. A state that is saved and restored goes wrong in one."""

    FIFO = "fifo"
    LIFO = "lifo"


class Call(NamedTuple):
    """A request of a tenant's session, or of the operator about a tenant."""

    tenant: Tenant
    request: Request
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Provocation:
    """How calls are made. Without anything else they are released together, on connections that are open already.

    Attributes:
        ends: answers are left unread, and the last byte of bodies is kept back, until all are in flight; then they are
            let go one by one, in this order.
        copies: each call is in flight so many times, in sessions of their own (duplicates; a stampede where nobody has
            asked before).
        cut: the first call's client goes away in the middle of it; the others are released once it has.
        one_socket: all go through a proxy that has one connection to the service, on which tenants take turns.
        slow_ms: all go through a proxy that passes each piece of bytes on so late.
        slow_upstream_ms: what the service leans on is about so late: requests are inside the service for longer, and
            overtake each other there (`Target.slow_upstream`).
        pipelined: each session writes its requests on one connection, one behind the other.
        half_closed: clients close their side of the connection behind the request.
        unread_bytes: requests without a body get one of so many bytes, which the service has no reason to read.
        weak: afterwards what was read is asked for with the control tenant's credential, and with none.
        name: a further name in the history ("cold", "revoked").
    """

    ends: Ends | None = None
    copies: int = 1
    cut: Cut | None = None
    one_socket: bool = False
    slow_ms: float = 0.0
    slow_upstream_ms: float = 0.0
    pipelined: bool = False
    half_closed: bool = False
    unread_bytes: int = 0
    weak: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        if self.copies < 1 or min(self.slow_ms, self.slow_upstream_ms, self.unread_bytes) < 0:
            raise UsageError(f"a provocation takes 1 copy or more, and delays and bytes of 0 or more; came {self}")
        if self.pipelined and (self.ends or self.half_closed):
            raise UsageError("pipelined requests share connections: they can't be held or half-closed one by one")
        if self.one_socket and self.slow_ms:
            raise UsageError("one_socket and slow_ms each take a proxy: pass one of them")

    @property
    def names(self) -> tuple[str, ...]:
        """Its parts, as the history names them."""
        parts = {
            f"held:{self.ends}": self.ends is not None,
            f"copies:{self.copies}": self.copies > 1,
            f"after-{self.cut}": self.cut is not None,
            "one-socket": self.one_socket,
            f"slow:{self.slow_ms:g}": self.slow_ms > 0,
            f"slow-upstream:{self.slow_upstream_ms:g}": self.slow_upstream_ms > 0,
            "pipelined": self.pipelined,
            "half-closed": self.half_closed,
            f"unread-body:{self.unread_bytes}": self.unread_bytes > 0,
            self.name: bool(self.name),
        }
        return tuple(name for name, used in parts.items() if used)


class Ready(NamedTuple):
    """A call, and the client that makes it."""

    client: Client
    call: Call


async def provoke(calls: Sequence[Ready], how: Provocation, group: int) -> list[Exchange]:
    """Make the calls, in this way. What broke is recorded, not raised.

    Returns:
        An exchange for each call, in order.
    """
    calls = [_with_body(ready, how.unread_bytes) for ready in calls]
    first: list[Exchange] = []
    if how.cut is not None:
        client, call = calls[0]
        first = [await send_and_cut(client, call.request, how.cut, *_without_cut(how))]
        calls = calls[1:]
    flights = await _opened(calls, how)
    for flight in flights:
        flight.begin(how, group if len(flights) > 1 else None)
    ending = [asyncio.ensure_future(flight.end()) for flight in flights]
    if how.ends is not None:
        held = list(zip(flights, ending, strict=True))
        for flight, end in held if how.ends is Ends.FIFO else reversed(held):
            flight.let_go()
            await end
    return first + await asyncio.gather(*ending)


async def ask_weakly(clients: Sequence[Client], calls: Sequence[Call], *names: str) -> None:
    """Ask for the same with these clients, whose credentials open nothing of it."""
    for call in calls:
        for client in clients:
            await client.send(call.request, *names)


class _Flight:
    """One call, from its connection to its exchange."""

    def __init__(self, ready: Ready, prepared: Prepared, connection: Connection | None, fault: str) -> None:
        self._client, self._call = ready
        self._prepared = prepared
        self._connection = connection
        self._fault = fault
        self._names: tuple[str, ...] = ()
        self._called = (0, 0)
        self._reply: Reply | None = None
        self._rest = b""
        self._close_after = False

    def begin(self, how: Provocation, group: int | None) -> None:
        """Write the request, or all of it but what is kept back."""
        together = () if group is None else (f"{'beside' if self._call.operator else 'together'}:{group}",)
        self._names = (*together, *how.names)
        self._called = self._client.call()
        if self._connection is None:
            return
        data = self._prepared.data
        if how.ends is not None:
            self._rest = data[-1:] if self._call.request.body else b""
            data = data[: len(data) - len(self._rest)]
            self._connection.hold()
        self._close_after = how.half_closed or how.ends is not None
        self._reply = self._connection.send(data, head_only=self._call.request.method == "HEAD")
        if how.half_closed and not self._rest:
            self._connection.half_close()

    def let_go(self) -> None:
        """Send what was kept back, and read."""
        if self._connection is not None:
            self._connection.write(self._rest)
            self._connection.release()

    async def end(self) -> Exchange:
        """The exchange, once it is over."""
        answer = Answer(fault=self._fault)
        if self._connection is not None and self._reply is not None:
            answer = await self._client.answer(self._connection, self._reply)
            if self._close_after:
                self._connection.close()
        return self._client.record(self._called, self._prepared, answer, *self._names)


async def _opened(calls: Sequence[Ready], how: Provocation) -> list[_Flight]:
    """A flight for each call, its connection open and its own; pipelined ones of a client share one."""
    shared: dict[Client, Connection] = {}
    taken: set[Connection] = set()
    flights = []
    for ready in calls:
        connection, fault = None, ""
        try:
            connection = shared.get(ready.client) if how.pipelined else None
            if connection is None and how.ends is None:
                connection = ready.client.idle(taken)
            if connection is None:
                small = SMALL_BUFFER_BYTES if how.ends is not None else None
                connection = await ready.client.open(receive_bytes=small)
            taken.add(connection)
            shared[ready.client] = connection
        except BrokenError as error:
            fault = str(error)
        flights.append(_Flight(ready, ready.client.prepare(ready.call.request), connection, fault))
    return flights


def _with_body(ready: Ready, size: int) -> Ready:
    request = ready.call.request
    if not size or request.body:
        return ready
    return ready._replace(call=ready.call._replace(request=replace(request, body=b"x" * size)))


def _without_cut(how: Provocation) -> tuple[str, ...]:
    return replace(how, cut=None).names
