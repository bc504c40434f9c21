"""What is told of orders: in letters to whom their tenants named, and to the webhooks of their accounts."""

from __future__ import annotations

import asyncio
import email
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.adapters import webhooks as calls
from clickdrop.composition import compose
from clickdrop.demo import seed
from clickdrop.domain.content import (
    Address,
    Contact,
    NotificationsTo,
    OrderContent,
    Package,
    Postage,
    Recipient,
    Sender,
)
from clickdrop.domain.errors import InvalidRequest, NotFound
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.jobs import ATTEMPTS, LEASE
from clickdrop.domain.printing import LabelOptions
from clickdrop.domain.webhooks import Webhook, checked_url, may_be_called, new_webhook_secret
from clickdrop.parts import correct_parts
from clickdrop.service.orders import Accepted, NewOrder
from clickdrop.service.statuses import SettableStatus, StatusChange
from clickdrop.settings import Embedded, Settings
from tests.clickdrop.receivers import receiving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.platform import Platform

ORIGIN = "http://shops.example"
SENDER, RECIPIENT, BILLING = "sender@shop.example", "ada@reader.example", "bill@payer.example"
SECRET = new_webhook_secret("a secret of 32 characters or so.")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no silent webhook."""
    monkeypatch.setattr(calls, "_WAIT_SECONDS", 60)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """A platform in this process with two tenants, at a clock's time, and the folder that letters go to."""

    platform: Platform
    clock: Clock
    accounts: Sequence[Account]
    mail: Path

    async def make(self, content: OrderContent, account: int = 0) -> Order:
        """Make an order of an account's."""
        (made,) = await self.platform.orders.create(self.accounts[account], [NewOrder(content)])
        assert isinstance(made, Accepted)
        return made.order

    async def label(self, made: Order, account: int = 0) -> None:
        """Generate the order's label."""
        wanted = OrderIdentifiers((made.identifier,), ())
        await self.platform.orders.label(self.accounts[account], wanted, LabelOptions())

    async def despatch(self, made: Order, account: int = 0, **details: Any) -> None:
        """Say that the order has left."""
        change = StatusChange(made.identifier, status=SettableStatus.DESPATCHED)
        changes = await self.platform.statuses.set(self.accounts[account], [replace(change, **details)])
        assert not changes.faults

    async def hook(self, url: str, account: int = 0, secret: str = SECRET) -> str:
        """Add a webhook to an account, and answer its identifier."""
        webhook = Webhook(f"webhook {account} {url}"[-36:], url, secret, self.clock.now)
        async with self.platform.storage.writing(self.accounts[account].id) as (current, work):
            await work.webhooks.add(current.id, webhook)
        return webhook.id

    async def outcomes(self, account: int = 0) -> list[str | None]:
        """Answer what came of the last attempt at each of an account's webhooks."""
        async with self.platform.storage.reading(self.accounts[account].id) as work:
            return [webhook.outcome for webhook in await work.webhooks.all(self.accounts[account].id)]

    async def work(self) -> int:
        """Do all that is due, and answer how many jobs that were."""
        done = 0
        while taken := await self.platform.job_worker.work():
            done += taken
        return done

    def letters(self) -> list[tuple[str, str, str]]:
        """Answer address, subject and text of all letters."""
        messages = [
            email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted(self.mail.glob("*.eml"))
        ]
        return [(each["To"], each["Subject"], each.get_content()) for each in messages]


@asynccontextmanager
async def world(folder: Path, *, to_loopback: bool = True, **parts: Any) -> AsyncIterator[World]:
    """Put a platform together."""
    clock, mail = Clock(), folder / "mail"
    settings = Settings(
        Embedded(folder / "clickdrop.db"),
        origin=ORIGIN,
        mail=mail,
        webhooks_to_loopback=to_loopback,
        token_secret=b"secret",
    )
    platform = compose(settings, replace(correct_parts(settings), clock=clock, **parts))
    await platform.prepare()
    await seed(platform)
    try:
        yield World(platform, clock, await platform.accounts.all(), mail)
    finally:
        await platform.aclose()


def within(folder: Path, story: Callable[[World], Awaitable[None]], **options: Any) -> None:
    """Tell a story in a world."""

    async def tell() -> None:
        async with world(folder, **options) as made:
            await story(made)

    asyncio.run(tell())


def content(to: NotificationsTo | None = None, *, wanted: bool | None = True, **fields: Any) -> OrderContent:
    """Answer an order that three addresses could be written to about."""
    address = Address("14 Tide Street", "Whitby", "GB", full_name="Ada Fenwick", postcode="YO21 3PU")
    made = OrderContent(
        recipient=Recipient(address=address, email_address=RECIPIENT),
        order_date=datetime(2026, 11, 24, tzinfo=UTC),
        subtotal=Decimal(10),
        shipping_cost_charged=Decimal(1),
        total=Decimal(11),
        order_reference="REF-1",
        sender=Sender(email_address=SENDER),
        billing=Contact(email_address=BILLING),
        packages=(Package(500, "smallParcel"), Package(300, "smallParcel")),
        postage=Postage(send_notifications_to=to, service_code="TPN24", receive_email_notification=wanted),
    )
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("to", "address"),
    [
        (None, RECIPIENT),
        (NotificationsTo.RECIPIENT, RECIPIENT),
        (NotificationsTo.SENDER, SENDER),
        (NotificationsTo.BILLING, BILLING),
    ],
)
def test_letters_go_to_whom_the_order_names(tmp_path: Path, to: NotificationsTo | None, address: str) -> None:
    """Of a label and of the despatch somebody is told by one letter each: which shop, order, service and numbers."""

    async def story(world: World) -> None:
        made = await world.make(content(to))
        await world.label(made)
        await world.label(made)
        assert await world.work() == 1
        await world.despatch(made)
        await world.despatch(made)
        assert await world.work() == 1
        (parcels, _) = await world.platform.parcels.page(world.accounts[0], 10, None)
        letters = world.letters()
        assert {to for to, _, _ in letters} == {address}
        assert {subject for _, subject, _ in letters} == {"A label for your order", "Your order is on its way"}
        for _, _, text in letters:
            assert text.startswith(f"{world.accounts[0].name} has ")
            assert "order REF-1." in text
            assert "Service: Tracked 24" in text
            for parcel in parcels:
                assert f"{ORIGIN}/shop/v1/tracking/{parcel.tracking_number}\n" in text
            assert not re.search("Ada|Fenwick|Tide|Whitby|YO21", text)

    within(tmp_path, story)


@pytest.mark.parametrize(
    "given",
    [
        content(wanted=False),
        content(wanted=None),
        content(recipient=replace(content().recipient, email_address=None)),
        content(recipient=replace(content().recipient, email_address="a@b.example\nBcc: x@y.example")),
        content(recipient=replace(content().recipient, email_address="a@b.example, x@y.example")),
        content(NotificationsTo.SENDER, sender=Sender()),
        content(NotificationsTo.BILLING, billing=Contact()),
    ],
)
def test_who_is_not_written_to(tmp_path: Path, given: OrderContent) -> None:
    """Without the wish, or without the one address that it names, nobody is written to."""

    async def story(world: World) -> None:
        made = await world.make(given)
        await world.label(made)
        await world.despatch(made)
        assert await world.work() == 0
        assert world.letters() == []

    within(tmp_path, story)


def test_texts_of_tenants_stay_in_their_line(tmp_path: Path) -> None:
    """A reference or a service with line breaks in it writes no letter of its own; links are to our parcels only."""

    async def story(world: World) -> None:
        made = await world.make(content(order_reference="REF\r\n\r\nPay at\u2028evil.example\0\u202e"))
        courier: dict[str, Any] = {
            "tracking_number": "TT000000001GB",
            "shipping_carrier": "Dove\n",
            "shipping_service": "Coop\n\nPay",
        }
        await world.despatch(
            made, status=SettableStatus.DESPATCHED_BY_OTHER_COURIER, despatch_date=world.clock.now, **courier
        )
        assert await world.work() == 1
        ((_, _, text),) = world.letters()
        assert text.splitlines() == [
            f"{world.accounts[0].name} has despatched order REF Pay at evil.example.",
            "",
            "Service: Coop Pay",
            "Tracking number: TT000000001GB",
        ]

    within(tmp_path, story)


@dataclass
class Mail:
    """A mail server that is away at times."""

    away: bool = True
    tried: int = 0
    sent: list[str] = field(default_factory=list)

    async def send(self, to: str, subject: str, text: str) -> None:
        del subject, text
        self.tried += 1
        if self.away:
            raise ConnectionRefusedError("nobody listens")
        self.sent.append(to)


def test_a_mail_server_that_is_away(tmp_path: Path) -> None:
    """Nobody's request fails of it; the letter is tried again, later each time, and sent once."""
    mail = Mail()

    async def story(world: World) -> None:
        await world.despatch(await world.make(content()))
        assert await world.work() == 1
        assert await world.work() == 0
        mail.away = False
        assert await world.work() == 0
        world.clock.now += LEASE
        assert await world.work() == 1
        world.clock.now += LEASE
        assert await world.work() == 0
        assert (mail.tried, mail.sent) == (2, [RECIPIENT])

    within(tmp_path, story, mail=lambda _: mail)


def test_a_mail_server_that_stays_away(tmp_path: Path) -> None:
    """After some attempts the letter is given up, and nothing of it is kept."""
    mail = Mail()

    async def story(world: World) -> None:
        await world.despatch(await world.make(content()))
        for _ in range(ATTEMPTS + 2):
            await world.work()
            world.clock.now += LEASE
        assert mail.tried == ATTEMPTS

    within(tmp_path, story, mail=lambda _: mail)


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


def test_this_machine_is_not_called(tmp_path: Path) -> None:
    """Unless that is allowed, a webhook on this machine is called by no name of it, and its owner is told."""

    async def story(world: World) -> None:
        with receiving() as receiver:
            for url in (receiver.url(), receiver.url(host="localhost"), receiver.url(host="[::ffff:127.0.0.1]")):
                await world.hook(url)
            await world.make(content())
            assert await world.work() == 3
            assert receiver.calls == []
            assert await world.outcomes() == [calls.NOT_PUBLIC] * 3

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
        assert await world.outcomes() == [calls.NOT_PUBLIC]

    within(tmp_path, story, to_loopback=False)


def test_a_webhook_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook that does not answer is waited for only so long."""
    monkeypatch.setattr(calls, "_WAIT_SECONDS", 0.2)

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


def test_a_tenant_has_no_job_that_tells(tmp_path: Path) -> None:
    """Jobs that tell are not among those that a tenant is shown, and are gone once they have ended."""

    async def story(world: World) -> None:
        await world.despatch(await world.make(content()))
        account = world.accounts[0]
        job = await world.platform.job_worker.take(account.id)
        assert job is not None
        with pytest.raises(NotFound):
            await world.platform.jobs.get(account, job.id)
        await world.platform.job_worker.do(account.id, job)
        async with world.platform.storage.reading(account.id) as work:
            assert await work.jobs.get(account.id, job.id) is None

    within(tmp_path, story)


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
