"""What the webhooks of accounts are told of their orders."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from clickdrop.domain.jobs import ATTEMPTS, LEASE
from clickdrop.domain.webhooks import new_webhook_secret
from clickdrop.service.job_worker import AT_ONCE, AT_ONCE_OF_ACCOUNT
from clickdrop.service.orders import Accepted, NewOrder
from clickdrop.service.statuses import SettableStatus
from tests.clickdrop.notices import PATIENCE_SECONDS, SECRET, World, content, within
from tests.clickdrop.receivers import Receiver, receiving
from tests.clickdrop.services import until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_webhooks_are_told_and_can_verify_it(tmp_path: Path) -> None:
    """Each event comes once, signed with the webhook's secret and no other, and names nobody."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            await world.hook(receiver.url())
            made = await world.make(content())
            await world.work()
            await world.label(made)
            await world.work()
            await world.despatch(made)
            await world.work()
            assert await world.outcomes() == ["204"]
        told = [call.told for call in receiver.calls]
        assert [each["type"] for each in told] == ["order.created", "label.generated", "order.despatched"]
        assert [each["data"]["status"] for each in told] == ["new", "labelGenerated", "despatched"]
        assert [len(each["data"]["trackingNumbers"]) for each in told] == [0, 2, 2]
        assert {each["data"]["orderIdentifier"] for each in told} == {made.identifier}
        assert {each["data"]["orderReference"] for each in told} == {"REF-1"}
        assert len({call.headers["webhook-id"] for call in receiver.calls}) == 3
        for call in receiver.calls:
            assert call.headers["webhook-timestamp"] == str(int(world.clock.now.timestamp()))
            assert call.headers["content-type"] == "application/json"
            assert call.is_signed_with(SECRET)
            assert not call.is_signed_with(new_webhook_secret("another secret, as long as that."))
            assert not replace(call, body=call.body + b" ").is_signed_with(SECRET)
            assert not re.search(b"Ada|Fenwick|Tide|Whitby|@", call.body)
            assert "cookie" not in call.headers

    within(tmp_path, story)


def test_a_webhook_that_fails_is_told_again(tmp_path: Path) -> None:
    """What answered an error is told the same again, under the same identifier, signed anew; then no more."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            receiver.statuses += [500, 302]
            await world.hook(receiver.url())
            await world.make(content())
            for outcome in ("500", "302", "204"):
                assert await world.work() == 1
                assert await world.outcomes() == [outcome]
                world.clock.now += LEASE
            assert await world.work() == 0
        assert len(receiver.calls) == 3
        assert len({(call.headers["webhook-id"], call.body) for call in receiver.calls}) == 1
        assert len({call.headers["webhook-timestamp"] for call in receiver.calls}) == 3
        assert all(call.is_signed_with(SECRET) for call in receiver.calls)

    within(tmp_path, story)


def test_a_webhook_that_keeps_failing_is_given_up(tmp_path: Path) -> None:
    """After some attempts an event is given up; another webhook and the next event are not held up by it."""

    async def story(world: World) -> None:
        with receiving() as failing, receiving() as other:
            failing.statuses += [503] * ATTEMPTS
            await world.hook(failing.url())
            await world.hook(other.url())
            await world.make(content())
            for _ in range(ATTEMPTS + 2):
                await world.work()
                world.clock.now += LEASE
            assert len(failing.calls) == ATTEMPTS
            assert len(other.calls) == 1
            await world.make(content(order_reference="REF-2"))
            await world.work()
            assert failing.calls[-1].told["data"]["orderReference"] == "REF-2"

    within(tmp_path, story)


def told(receiver: Receiver) -> list[str]:
    """Answer the references of the orders that a receiver was told of."""
    return [call.told["data"]["orderReference"] for call in receiver.calls]


def test_a_silent_webhook_holds_nobody_up(tmp_path: Path) -> None:
    """While one webhook does not answer, others are told, its account's own too; it is told one thing after another."""
    references = [f"REF-{number}" for number in range(3)]

    async def story(world: World) -> None:
        with receiving() as silent, receiving() as own, receiving() as others:
            silent.answers.clear()
            for receiver, account in ((silent, 0), (own, 0), (others, 1)):
                await world.hook(receiver.url(), account)
            for reference in references:
                world.clock.now += timedelta(seconds=1)
                for account in range(2):
                    await world.make(content(order_reference=reference), account)
            working = asyncio.create_task(world.work())
            await asyncio.to_thread(until, lambda: told(own) == told(others) == references, "others are told")
            assert told(silent) == references[:1]
            silent.answers.set()
            assert await working == 9
            assert told(silent) == references

    within(tmp_path, story)


def test_silent_webhooks_have_their_share(tmp_path: Path) -> None:
    """However many of an account's webhooks do not answer, only so many are waited for at once."""

    async def story(world: World) -> None:
        with receiving() as silent, receiving() as others:
            silent.answers.clear()
            for number in range(AT_ONCE):
                await world.hook(silent.url(f"/{number}"))
            await world.hook(others.url(), 1)
            for account in range(2):
                await world.make(content(), account)
                world.clock.now += timedelta(seconds=1)
            working = asyncio.create_task(world.work())
            await asyncio.to_thread(until, lambda: bool(others.calls), "the other tenant is told")
            assert len(silent.calls) <= AT_ONCE_OF_ACCOUNT
            silent.answers.set()
            assert await working == AT_ONCE + 1

    within(tmp_path, story)


def test_order_outlives_a_worker(tmp_path: Path) -> None:
    """What a worker died over is told before what happened later."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            await world.hook(receiver.url())
            for reference in ("REF-1", "REF-2"):
                world.clock.now += timedelta(seconds=1)
                await world.make(content(order_reference=reference))
            assert await world.platform.job_worker.take(world.accounts[0].id) is not None  # and its worker dies
            assert await world.work() == 0
            world.clock.now += LEASE
            assert await world.work() == 2
            assert told(receiver) == ["REF-1", "REF-2"]

    within(tmp_path, story)


def test_another_tenants_events_do_not_arrive(tmp_path: Path) -> None:
    """Of two tenants with equal references each is told of its own orders, with its own secret."""

    async def story(world: World) -> None:
        secrets = [new_webhook_secret(f"the secret of tenant {number}, long enough") for number in range(2)]
        with receiving() as one, receiving() as two:
            for number, receiver in enumerate((one, two)):
                await world.hook(receiver.url(), number, secrets[number])
            made = [await world.make(content(), number) for number in range(2)]
            for number, each in enumerate(made):
                await world.label(each, number)
                await world.despatch(each, number)
            assert await world.work() == 10  # six calls and four letters
        for number, receiver in enumerate((one, two)):
            assert len(receiver.calls) == 3
            assert {call.told["data"]["orderIdentifier"] for call in receiver.calls} == {made[number].identifier}
            assert all(call.is_signed_with(secrets[number]) for call in receiver.calls)
            assert not any(call.is_signed_with(secrets[1 - number]) for call in receiver.calls)

    within(tmp_path, story)


def test_a_removed_webhook_is_told_nothing(tmp_path: Path) -> None:
    """What was still to be told to a webhook that has been removed is not told."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            webhook_id = await world.hook(receiver.url())
            await world.make(content())
            async with world.platform.storage.writing(world.accounts[0].id) as (account, work):
                assert await work.webhooks.delete(account.id, webhook_id)
            assert await world.work() == 1
            assert await world.work() == 0
            assert receiver.calls == []

    within(tmp_path, story)


def test_a_closed_platform_tells_nothing(tmp_path: Path) -> None:
    """While the platform is closed nothing is told, however long; then everything is."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            await world.hook(receiver.url())
            await world.despatch(await world.make(content()))
            await world.platform.operations.close("We look into something.")
            for _ in range(ATTEMPTS + 2):
                await world.work()
                world.clock.now += LEASE
            assert (receiver.calls, world.letters()) == ([], [])
            await world.platform.operations.open("All is well.")
            receiver.statuses.append(500)
            assert await world.work() == 3
            world.clock.now += LEASE
            assert await world.work() == 1  # waiting was no attempt
            assert len(receiver.calls) == 3
            assert len(world.letters()) == 1

    within(tmp_path, story)


def anonymous(protocol: int) -> ssl.SSLContext:
    """Answer how one side of TLS speaks where nobody has a certificate."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


def test_closed_while_a_webhook_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the platform is closed while a connection is made, nothing is sent over it; the webhook is told later."""
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: anonymous(ssl.PROTOCOL_TLS_CLIENT))

    async def story(world: World) -> None:
        with receiving(anonymous(ssl.PROTOCOL_TLS_SERVER)) as receiver:
            await world.hook(receiver.url().replace("http:", "https:"))
            await world.make(content())
            working = asyncio.create_task(world.work())
            assert await asyncio.to_thread(receiver.connected.wait, PATIENCE_SECONDS)
            await world.platform.operations.close("We look into something.")
            receiver.greets.set()
            assert await working == 1
            assert (receiver.calls, await world.outcomes()) == ([], [None])
            await world.platform.operations.open("All is well.")
            world.clock.now += LEASE
            assert await world.work() == 1
            assert told(receiver) == ["REF-1"]

    within(tmp_path, story)


def test_what_is_not_told(tmp_path: Path) -> None:
    """An order that was refused, and one that is set to new again, leave no job."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            await world.hook(receiver.url())
            made = await world.make(content())
            assert await world.work() == 1
            (refused,) = await world.platform.orders.create(world.accounts[0], [NewOrder(content())])
            assert not isinstance(refused, Accepted)
            await world.despatch(made)
            assert await world.work() == 2
            await world.despatch(made, status=SettableStatus.NEW)
            assert await world.work() == 0

    within(tmp_path, story)
