"""Where a client goes away, or falls silent, in the middle of a request."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.drive.http1 import BrokenError
from partywall.drive.recorder import Answer

if TYPE_CHECKING:
    from partywall.drive.client import Client, Prepared
    from partywall.drive.http1 import Connection, Reply
    from partywall.model import Exchange, Request

SMALL_BUFFER_BYTES = 16 << 10


class At(enum.StrEnum):
    """The moment of a cut."""

    UNSENT = "before-write"
    """The connection is opened, and nothing is sent."""
    HALF_SENT = "mid-write"
    """Half of the request is sent: half of the body if it has one, which the service waits for in vain."""
    SENT = "after-write"
    """The whole request is sent; the client goes after so many milliseconds (a time-out), answered or not."""
    FIRST_BYTE = "first-byte"
    """As soon as anything of the answer comes."""
    MID_READ = "mid-read"
    """Some of the body has come, and more is to come, if the answer is so long; else when it has come."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A client goes away.

    Attributes:
        after_ms: with `At.SENT` only.
        reset: the connection is reset, as by a crash; else it is closed.
    """

    at: At
    after_ms: float = 0.0
    reset: bool = False

    def __str__(self) -> str:
        when = f":{self.after_ms:g}" if self.at is At.SENT else ""
        return f"cut:{self.at}{when}{':reset' if self.reset else ''}"


async def send_and_cut(client: Client, request: Request, cut: Cut, *provocations: str) -> Exchange:
    """Send a request on a connection of its own and go away in the middle of it.

    The exchange has no status; its body is what had come, head and all. Beside the cut it names a ``hang-up`` after as
    many milliseconds as passed, by which the moment can be met again.
    """
    prepared = client.prepare(request)
    called = client.call()
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        connection = await client.open(receive_bytes=SMALL_BUFFER_BYTES if cut.at is At.MID_READ else None)
    except BrokenError as error:
        return client.record(called, prepared, Answer(fault=str(error)), *provocations)
    received = bytearray()
    reply = await _until(connection, prepared, cut, client.timeout_s, received)
    (connection.reset if cut.reset else connection.close)()
    passed_ms = (loop.time() - began) * 1e3
    fault = f"hung up: {cut}"
    if reply is not None:
        reply.settle(BrokenError(fault))
        reply.done.exception()
    named = (str(cut), *provocations)
    if cut.at not in {At.UNSENT, At.HALF_SENT}:
        named = (f"hang-up:{cut.after_ms if cut.at is At.SENT else round(passed_ms, 1):g}", *named)
    return client.record(called, prepared, Answer(connection.address, body=bytes(received), fault=fault), *named)


async def _until(
    connection: Connection, prepared: Prepared, cut: Cut, timeout_s: float, received: bytearray
) -> Reply | None:
    """Send what is to be sent, and wait for the moment. ``received`` is added to."""
    come = asyncio.Event()

    def heard(data: bytes) -> None:
        received.extend(data)
        if cut.at is At.FIRST_BYTE or reply.body or reply.done.done():
            come.set()

    connection.heard = heard
    if cut.at is At.UNSENT:
        return None
    head_only = prepared.request.method == "HEAD"
    if cut.at is At.HALF_SENT:
        missing = (len(prepared.request.body) or len(prepared.data)) // 2 + 1
        reply = connection.send(prepared.data[:-missing], head_only=head_only)
        await asyncio.sleep(0)
        return reply
    reply = connection.send(prepared.data, head_only=head_only)
    if cut.at is At.SENT:
        await asyncio.wait([reply.done], timeout=cut.after_ms / 1e3)
        return reply
    reply.done.add_done_callback(lambda _: come.set())
    try:
        async with asyncio.timeout(timeout_s):
            await come.wait()
    except TimeoutError:
        pass
    return reply
