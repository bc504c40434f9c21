"""Letters about orders, as whoever they are for gets them, and as the operator reads them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.adapters.mail import SmtpMail
from clickdrop.domain.content import Contact, NotificationsTo, OrderContent, Sender
from clickdrop.domain.errors import NotFound
from clickdrop.domain.jobs import ATTEMPTS, LEASE
from clickdrop.service.statuses import SettableStatus
from tests.clickdrop.notices import BILLING, ORIGIN, PATIENCE_SECONDS, RECIPIENT, SENDER, World, content, within
from tests.clickdrop.post_offices import STEPS, post_office
from tests.clickdrop.services import order, running, until

if TYPE_CHECKING:
    from pathlib import Path

WANTED = {"serviceCode": "TPN24", "receiveEmailNotification": True}


def test_operator_reads_what_an_address_was_written() -> None:
    """Each address has the letters about its own order, and one that nobody wrote to has none."""
    with running() as service:
        operator = service.operator()
        tenant = service.tenant()
        orders = [order(f"INV-{name}", recipient=name, postageDetails=WANTED) for name in ("ada", "grace")]
        for each, name in zip(orders, ("ada", "grace"), strict=True):
            each["recipient"]["emailAddress"] = f"{name}@reader.example"
        for made in tenant.create(*orders):
            change = {"orderIdentifier": made["orderIdentifier"], "status": "despatched"}
            assert tenant.http.put("/orders/status", json={"items": [change]}).status_code == 200

        def letters(name: str) -> list[dict[str, str]]:
            found: list[dict[str, str]] = operator.get("/letters", params={"to": f"{name}@reader.example"}).json()
            return found

        def written(name: str) -> bool:
            return bool(letters(name))

        for name, other in (("ada", "grace"), ("grace", "ada")):
            until(partial(written, name), "the letter is written")
            [letter] = letters(name)
            assert letter["subject"] == "Your order is on its way"
            assert f"INV-{name}" in letter["text"]
            assert f"INV-{other}" not in letter["text"]
        assert letters("nobody") == []
        assert tenant.http.get("/letters").status_code == 404


def test_a_server_has_what_it_was_handed() -> None:
    """Where e-mail goes to a server, there is nothing to read here."""
    with running("--smtp", "127.0.0.1:9") as service:
        answer = service.operator().get("/letters", params={"to": "ada@reader.example"})
        assert answer.status_code == 404


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
                assert f"{ORIGIN}/tracking/{parcel.tracking_number}\n" in text
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

    within(tmp_path, story, mail=lambda *_: mail)


def test_a_mail_server_that_stays_away(tmp_path: Path) -> None:
    """After some attempts the letter is given up, and nothing of it is kept."""
    mail = Mail()

    async def story(world: World) -> None:
        await world.despatch(await world.make(content()))
        for _ in range(ATTEMPTS + 2):
            await world.work()
            world.clock.now += LEASE
        assert mail.tried == ATTEMPTS

    within(tmp_path, story, mail=lambda *_: mail)


@pytest.mark.parametrize("slow", STEPS)
def test_closed_while_a_mail_server_takes_its_time(tmp_path: Path, slow: str) -> None:
    """Whatever is waited for while the platform is closed, nothing is sent after it; the letter is, later."""

    async def story(world: World) -> None:
        await world.despatch(await world.make(content()))
        working = asyncio.create_task(world.work())
        assert await asyncio.to_thread(office.waiting.wait, PATIENCE_SECONDS)
        await world.platform.operations.close("We look into something.")
        before = len(office.heard)
        office.goes_on.set()
        assert await working == 1
        assert await asyncio.to_thread(office.left.wait, PATIENCE_SECONDS)
        assert (office.heard[before:], office.letters, office.unfinished) == ([], [], "")
        await world.platform.operations.open("All is well.")
        world.clock.now += LEASE
        assert await world.work() == 1
        world.clock.now += LEASE
        assert await world.work() == 0
        (letter,) = office.letters
        assert "REF-1" in letter

    with post_office(slow) as office:
        within(tmp_path, story, mail=lambda _, gate: SmtpMail("127.0.0.1", office.port, gate))


def test_closed_once_a_letter_is_handed_over(tmp_path: Path) -> None:
    """A letter that the server has by the time the platform is closed is not sent again."""

    async def story(world: World) -> None:
        await world.despatch(await world.make(content()))
        working = asyncio.create_task(world.work())
        assert await asyncio.to_thread(office.waiting.wait, PATIENCE_SECONDS)
        await world.platform.operations.close("We look into something.")
        office.goes_on.set()
        assert await working == 1
        await world.platform.operations.open("All is well.")
        world.clock.now += LEASE
        assert await world.work() == 0
        assert len(office.letters) == 1

    with post_office("letter") as office:
        within(tmp_path, story, mail=lambda _, gate: SmtpMail("127.0.0.1", office.port, gate))


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
