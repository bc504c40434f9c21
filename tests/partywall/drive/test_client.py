"""A client on the wire: what it sends of its own, what it makes of what comes, what breaks."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from partywall.drive.provocations import Call, Provocation
from partywall.drive.trial import Trial
from partywall.errors import UsageError
from partywall.model import Request
from partywall.policy import Policy
from partywall.target import Credential, Target
from tests.partywall.drive.wire import saying, up

if TYPE_CHECKING:
    import asyncio

    from partywall.model import Exchange

KEY = "key-of-the-tenant-0123"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def asked(port: int, *requests: Request, timeout_s: float = 10.0) -> list[Exchange]:
    """What comes of requests of one client, one after the other."""
    target = Target(
        f"http://127.0.0.1:{port}/base", Policy(("get",)), lambda t: Credential((("X-Key", f"{KEY}-{t.label}"),))
    )
    trial = Trial(target, b"key", 1, 1, timeout_s=timeout_s)
    try:
        for request in requests:
            trial.provoke([Call(trial.tenants[0], request)], Provocation())
        return list(trial.history.exchanges)
    finally:
        trial.close()


def test_heads() -> None:
    """A request's own headers come instead of the client's; path, query and length are written as HTTP wants them."""
    heads: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            heads.append(head.decode())
            writer.write(EMPTY)

    with up(talk) as port:
        own, override, post = asked(
            port,
            Request("get", "GET", "/a b/%2Fé", query=(("q", "x y&z"),)),
            Request("get", "GET", "/", headers=(("x-key", "another-key-0123"),)),
            Request("get", "POST", "/"),
        )
    assert heads[0].startswith("GET /base/a%20b/%2F%C3%A9?q=x+y%26z HTTP/1.1\r\nHost: 127.0.0.1:")
    assert f"X-Key: {KEY}-A\r\n" in heads[0]
    assert "content-length" not in heads[0]
    assert ("x-key: another-key-0123" in heads[1], KEY in heads[1]) == (True, False)
    assert "content-length: 0\r\n" in heads[2]
    assert own.url == "/base/a%20b/%2F%C3%A9?q=x+y%26z"
    assert [bool(exchange.credentials) for exchange in (own, override, post)] == [True, False, True]


def test_header_injection() -> None:
    """A header value that would begin another line is refused."""
    with up(saying(EMPTY)) as port, pytest.raises(UsageError, match="one line"):
        asked(port, Request("get", "GET", "/", headers=(("X-A", "1\r\nX-B: 2"),)))


def test_compressed() -> None:
    """A compressed body is recorded as it was before, so that a credential in it is found; one that is damaged as it
    came."""
    body = gzip.compress(f'{{"key":"{KEY}-A"}}'.encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    answers = head % len(body) + body, head % 4 + b"none"
    with up(saying(*answers)) as port:
        whole, damaged = asked(port, Request("get", "GET", "/"), Request("get", "GET", "/"))
    assert whole.body.startswith(b'{"key":"5077')
    assert damaged.body == b"none"


def test_cookies() -> None:
    """Cookies go where they were set for, and no further."""
    cookies: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            cookies.append(head.lower().partition(b"cookie: ")[2].partition(b"\r")[0].decode())
            writer.write(EMPTY.replace(b"OK\r\n", b"OK\r\nSet-Cookie: a=1; Path=/base/in\r\n"))

    with up(talk) as port:
        asked(port, *(Request("get", "GET", path) for path in ("/in", "/in", "/out")))
    assert cookies == ["", "a=1", ""]


def test_time_out() -> None:
    """An answer that does not come in time is a fault, and what comes later goes to nobody."""

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    with up(silent) as port:
        [late] = asked(port, Request("get", "GET", "/"), timeout_s=0.05)
    assert (late.status, late.fault) == (None, "ReadTimeout: no whole answer in 0.05 s")


def test_nobody_listens() -> None:
    """Where nobody listens, that is recorded."""
    with up(saying()) as port:
        pass
    [refused] = asked(port, Request("get", "GET", "/"))
    assert refused.fault.startswith("ConnectError: ")
