"""Which addresses webhooks can have, which of them are called, and for how long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.adapters.webhooks import NOT_PUBLIC
from clickdrop.domain.errors import InvalidRequest
from clickdrop.domain.webhooks import checked_url, may_be_called
from tests.clickdrop.notices import World, content, within
from tests.clickdrop.receivers import receiving

if TYPE_CHECKING:
    from pathlib import Path


def test_this_machine_is_not_called(tmp_path: Path) -> None:
    """Unless that is allowed, a webhook on this machine is called by no name of it, and its owner is told."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            for url in (receiver.url(), receiver.url(host="localhost"), receiver.url(host="[::ffff:127.0.0.1]")):
                await world.hook(url)
            await world.make(content())
            assert await world.work() == 3
            assert receiver.calls == []
            assert await world.outcomes() == [NOT_PUBLIC] * 3

    within(tmp_path, story, to_loopback=False)


def test_a_name_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called is the address that was checked; the receiver is told the name by which it is called."""
    looked_up = []

    async def story(world: World) -> None:
        loop = asyncio.get_running_loop()
        look_up = loop.getaddrinfo

        async def counted(host: str, *rest: Any, **options: Any) -> Any:
            looked_up.append(host)
            return await look_up("127.0.0.1" if host == "shop.example" else host, *rest, **options)

        monkeypatch.setattr(loop, "getaddrinfo", counted)
        with receiving() as receiver:
            await world.hook(receiver.url(host="shop.example"))
            await world.make(content())
            assert await world.work() == 1
            (call,) = receiver.calls
            assert call.headers["host"] == f"shop.example:{receiver.port}"
        assert looked_up.count("shop.example") == 1

    within(tmp_path, story)


def test_a_name_with_an_address_of_this_machine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is called only if all of its addresses may be."""

    async def story(world: World) -> None:
        async def found(*_: object, **__: object) -> list[Any]:
            return [(None, None, None, "", (address, 0)) for address in ("93.184.215.14", "127.0.0.1")]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
        await world.hook("http://shop.example")
        await world.make(content())
        assert await world.work() == 1
        assert await world.outcomes() == [NOT_PUBLIC]

    within(tmp_path, story, to_loopback=False)


def test_a_webhook_that_says_nothing(tmp_path: Path) -> None:
    """A webhook that does not answer is waited for only so long."""

    async def story(world: World) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            await world.hook(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            await world.make(content())
            assert await world.work() == 1
        assert await world.outcomes() == ["no answer within 0.2 seconds"]

    within(tmp_path, story, wait_seconds=0.2)


@pytest.mark.parametrize(
    ("address", "called"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("64:ff9b::5db8:d70e", True),
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_addresses_that_are_called(address: str, *, called: bool) -> None:
    """Public addresses are called, none of networks around the service, however they are written."""
    for loopback in (False, True):
        assert may_be_called(address, loopback=loopback) is called


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])
def test_addresses_of_this_machine(address: str) -> None:
    """This machine's own addresses are called only where that is allowed."""
    assert [may_be_called(address, loopback=loopback) for loopback in (False, True)] == [False, True]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/hook",
        "//shop.example",
        "ftp://shop.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https://:443/",
        "https://ada@shop.example",
        "https://a:b@shop.example",
        "https://shop.example:0",
        "https://shop.example:x",
        "https://shop.example:70000",
        "https://[::1",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: x",
        "https://shöp.example",
        "https://shop.example/" + "a" * 1000,
    ],
)
def test_urls_that_are_none(url: str) -> None:
    """What is no plain address of http or https is refused before anything is called."""
    with pytest.raises(InvalidRequest):
        checked_url(url)


def test_urls() -> None:
    """An address stays as it is but for spaces around it."""
    for url in ("https://shop.example", "http://shop.example:8080/hook?key=1", "https://[2606:2800::1]/"):
        assert checked_url(f" {url} ") == url
