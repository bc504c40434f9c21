"""After so many failures to log in nobody may try again for a while."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from limits.aio.storage import MemoryStorage

from clickdrop.adapters.lock_out import FAILURES_AT_ADDRESS, FAILURES_OF_CLIENT, WITHIN, LockOut
from clickdrop.domain.errors import TooManyRequests, Unauthenticated
from tests.clickdrop.clocks import Clock
from tests.clickdrop.web.visitors import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from tests.clickdrop.web.visitors import Site, Visitor

HERE = "192.0.2.1"


async def refuse() -> None:
    """Find the password wrong, which takes a moment."""
    await asyncio.sleep(0)
    raise Unauthenticated


async def fails(lock_out: LockOut, address: str, client: str = HERE) -> bool:
    """Try to log in with a wrong password; false if the try is refused."""
    try:
        async with lock_out.trying(address, client):
            await refuse()
    except TooManyRequests:
        return False
    except Unauthenticated:
        return True
    raise AssertionError("what was refused was taken for a log-in")


async def wait_of(lock_out: LockOut, address: str) -> int:
    """Try to log in with the right password, and answer for how many seconds to wait first."""
    try:
        async with lock_out.trying(address, HERE):
            return 0
    except TooManyRequests as refused:
        return refused.retry_after_seconds


def within(story: Callable[[LockOut, Clock], Awaitable[None]]) -> None:
    """Tell a story at a clock's time."""

    async def tell() -> None:
        clock = Clock()
        await story(LockOut(MemoryStorage(), clock), clock)

    asyncio.run(tell())


def test_refused_until_then() -> None:
    """So many failures in any 15 minutes are an address' limit, in whatever spelling; it is free when it is said."""

    async def story(lock_out: LockOut, clock: Clock) -> None:
        for offset in (WITHIN * 0.9, WITHIN * 0.2):
            clock.now += offset
            for _ in range(FAILURES_AT_ADDRESS // 2):
                assert await fails(lock_out, "Ada@shop.example ")
        assert not await fails(lock_out, "ada@shop.example")
        assert await wait_of(lock_out, "grace@shop.example") == 0
        wait = await wait_of(lock_out, "ada@shop.example")
        clock.now += timedelta(seconds=wait - 1)
        assert await wait_of(lock_out, "ada@shop.example") == 1
        clock.now += timedelta(seconds=1)
        assert await wait_of(lock_out, "ada@shop.example") == 0

    within(story)


def test_refused_for_as_long_at_least() -> None:
    """Whoever fails so often at once waits for as long as is counted over, and refused tries make it no longer."""

    async def story(lock_out: LockOut, clock: Clock) -> None:
        clock.now += WITHIN * 0.9
        for _ in range(3 * FAILURES_AT_ADDRESS):
            await fails(lock_out, "ada@shop.example")
        wait = await wait_of(lock_out, "ada@shop.example")
        assert wait >= WITHIN.total_seconds()
        clock.now += WITHIN
        assert await wait_of(lock_out, "ada@shop.example") == wait - WITHIN.total_seconds()

    within(story)


def test_who_logs_in_is_not_counted() -> None:
    """Log-ins that do not fail leave no trace, and neither does what was not the visitor's fault."""

    async def story(lock_out: LockOut, _: Clock) -> None:
        for _number in range(2 * FAILURES_OF_CLIENT):
            assert await wait_of(lock_out, "ada@shop.example") == 0
            with pytest.raises(OSError, match="away"):
                async with lock_out.trying("ada@shop.example", HERE):
                    raise OSError("the database is away")

    within(story)


def test_many_at_once() -> None:
    """No more tries are made at once than may fail."""

    async def story(lock_out: LockOut, _: Clock) -> None:
        made = await asyncio.gather(*(fails(lock_out, "ada@shop.example") for _ in range(5 * FAILURES_AT_ADDRESS)))
        assert sum(made) == FAILURES_AT_ADDRESS

    within(story)


@pytest.mark.parametrize(("one", "same"), [(HERE, HERE), ("2001:db8::1", "2001:db8::ffff:2"), ("", "")])
def test_a_client_that_tries_many_addresses(one: str, same: str) -> None:
    """A client is refused after failures at whatever addresses, in IPv6 with its whole network; others are not."""

    async def story(lock_out: LockOut, _: Clock) -> None:
        for number in range(FAILURES_OF_CLIENT):
            assert await fails(lock_out, f"{number}@shop.example", one)
        assert not await fails(lock_out, "other@shop.example", same)
        for other in ("192.0.2.2", "2001:db8:0:1::1"):
            assert await fails(lock_out, "other@shop.example", other)

    within(story)


def test_what_a_visitor_sees(site: Site, owner: Visitor) -> None:
    """After some failures even the right password is refused, in the same words whether anybody has the address."""
    said = []
    for address in (owner.address, f"nobody-{owner.address}"):
        visitor = site.visitor(address=address)
        token = visitor.token()
        answers = [
            visitor.http.post("/log-in", data={"form_token": token, "email": address, "password": "not the password"})
            for _ in range(FAILURES_AT_ADDRESS)
        ]
        assert {answer.status_code for answer in answers} == {401}
        refused = visitor.log_in()
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 2 * WITHIN.total_seconds()
        assert visitor.http.get("/orders").status_code == 303
        said.append(re.sub(r"[0-9a-f]{64}", "", refused.text).replace(address, ""))
    assert said[0] == said[1]
    assert "choose another password" in said[0]
    assert owner.http.get("/orders").status_code == 200


def test_a_password_is_not_guessed_by_changing_it(site: Site, owner: Visitor) -> None:
    """Whoever has a session, and tries passwords as the present one, is locked out as who tries to log in is."""

    def change(old: str, new: str = "another password") -> httpx.Response:
        return owner.send("/settings/password", {"old": old, "new": new})

    for _ in range(2 * FAILURES_AT_ADDRESS):
        assert change(PASSWORD, "short").status_code == 400
    assert [change("not the password").status_code for _ in range(FAILURES_AT_ADDRESS)] == [400] * FAILURES_AT_ADDRESS
    refused = change(PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert site.visitor(address=owner.address).log_in().status_code == 429
    assert owner.http.get("/orders").status_code == 200
