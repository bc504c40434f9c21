"""The transport against servers that say what they should and what they should not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from partywall.drive.http1 import BODY_BYTES_MAX, HEAD_BYTES_MAX, BrokenError, Connection, connect
from tests.partywall.drive.wire import answering, saying

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 Fine\r\n"
SECOND = OK + b"Content-Length: 6\r\n\r\nsecond"

WHOLE = {
    "content-length": (OK + b"Content-Length: 5\r\nX-A: 1\r\n\r\nfirst", b"first", True),
    "chunked": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n3;x=y\r\nrst\r\n0\r\nX-T: 1\r\n\r\n",
        b"first",
        True,
    ),
    "interim": (
        b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nfirst",
        b"first",
        True,
    ),
    "empty": (OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", True),
    "announced close": (OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nfirst", b"first", False),
    "http 1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst", b"first", False),
}


def run(talk: Callable[..., Awaitable[None]], work: Callable[[Connection], Awaitable[None]]) -> None:
    async def both() -> None:
        async with answering(talk) as port:
            connection = await connect("127.0.0.1", port)
            try:
                async with asyncio.timeout(20):
                    await work(connection)
            finally:
                connection.close()
                await asyncio.sleep(0)

    asyncio.run(both())


@pytest.mark.parametrize("name", WHOLE)
def test_whole_answers(name: str) -> None:
    """However an answer says where it ends, its body is what was sent, and the connection goes on where it may."""
    answer, body, goes_on = WHOLE[name]

    async def work(connection: Connection) -> None:
        reply = connection.send(ASK)
        await reply.done
        assert (reply.body, connection.idle) == (body, goes_on)
        if goes_on:
            following = connection.send(ASK)
            await following.done
            assert (following.body, following.reason) == (b"second", "Fine")

    run(saying(answer, SECOND), work)


@pytest.mark.parametrize("name", WHOLE)
def test_in_pieces(name: str) -> None:
    """An answer that comes byte by byte is the same answer."""
    answer, body, _ = WHOLE[name]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for byte in answer:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    async def work(connection: Connection) -> None:
        reply = connection.send(ASK)
        await reply.done
        assert reply.body == body

    run(talk, work)


def test_until_close() -> None:
    """Without a length, the end of the connection is the end of the body; with one, it is a fault."""

    async def whole(connection: Connection) -> None:
        reply = connection.send(ASK)
        await reply.done
        assert (reply.body, reply.status) == (b"all of it", 200)

    async def cut(connection: Connection) -> None:
        reply = connection.send(ASK)
        with pytest.raises(BrokenError, match="closed before the answer was whole"):
            await reply.done
        assert reply.body == b"fir"

    run(saying(OK + b"\r\nall of it", then_close=True), whole)
    run(saying(OK + b"Content-Length: 5\r\n\r\nfir", then_close=True), cut)
    run(saying(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nfir\r\n", then_close=True), cut)


def test_head() -> None:
    """The answer to HEAD has no body, whatever length it names, and the next answer is not taken for one."""

    async def work(connection: Connection) -> None:
        reply = connection.send(ASK.replace(b"GET", b"HEAD"), head_only=True)
        await reply.done
        assert (reply.body, dict(reply.headers)["content-length"]) == (b"", "5")
        following = connection.send(ASK)
        await following.done
        assert following.body == b"second"

    run(saying(OK + b"Content-Length: 5\r\n\r\n", SECOND), work)


def test_pipelined() -> None:
    """Answers go to their requests in order; what was behind an answer that closes is told so."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(3):
            await reader.readuntil(b"\r\n\r\n")
            close = b"Connection: close\r\n" if number == 2 else b""
            writer.write(OK + close + b"Content-Length: 1\r\n\r\n%d" % number)
        await reader.read()

    async def work(connection: Connection) -> None:
        replies = [connection.send(ASK) for _ in range(4)]
        await asyncio.wait([reply.done for reply in replies])
        assert [reply.body for reply in replies[:3]] == [b"0", b"1", b"2"]
        with pytest.raises(BrokenError, match="closed after an earlier answer"):
            await replies[3].done

    run(talk, work)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "RemoteProtocolError"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * (HEAD_BYTES_MAX + 400_000), "a head of more than"),
        (OK + b"\r\n" + b"y" * (BODY_BYTES_MAX + 1), "a body of more than"),
        (OK + b"Content-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n", None),
    ],
)
def test_broken(answer: bytes, reason: str | None) -> None:
    """What is no answer, is too large, or was not asked for, ends the connection and never reaches another request."""

    async def work(connection: Connection) -> None:
        reply = connection.send(ASK)
        if reason is None:
            await reply.done
            assert reply.body == b"a"
        else:
            with pytest.raises(BrokenError, match=reason):
                await reply.done
        assert not connection.idle
        following = connection.send(ASK)
        with pytest.raises(BrokenError, match="closed"):
            await following.done

    run(saying(answer), work)


def test_refused() -> None:
    """Where nobody listens, that is what is said."""

    async def work() -> None:
        async with answering(saying()) as port:
            pass
        with pytest.raises(BrokenError, match="ConnectError"):
            await connect("127.0.0.1", port)

    asyncio.run(work())
