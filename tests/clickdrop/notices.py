"""A platform in this process that tells of orders, and an order to tell of."""

from __future__ import annotations

import asyncio
import email
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.policy import default
from functools import partial
from typing import TYPE_CHECKING, Any

from clickdrop.adapters.webhooks import HttpWebhooks
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
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.printing import LabelOptions
from clickdrop.domain.webhooks import Webhook, new_webhook_secret
from clickdrop.parts import correct_parts
from clickdrop.service.orders import Accepted, NewOrder
from clickdrop.service.statuses import SettableStatus, StatusChange
from clickdrop.settings import Embedded, Settings
from tests.clickdrop.clocks import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.platform import Platform

ORIGIN = "http://shops.example"
SENDER, RECIPIENT, BILLING = "sender@shop.example", "ada@reader.example", "bill@payer.example"
SECRET = new_webhook_secret("a secret of 32 characters or so.")
PATIENCE_SECONDS = 60
"""A busy machine is no silent webhook."""


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
async def world(
    folder: Path, *, to_loopback: bool = True, wait_seconds: float = PATIENCE_SECONDS, **parts: Any
) -> AsyncIterator[World]:
    """Put a platform together."""
    clock, mail = Clock(), folder / "mail"
    settings = Settings(
        Embedded(folder / "clickdrop.db"),
        origin=ORIGIN,
        mail=mail,
        token_secret=b"secret",
    )
    calls = partial(HttpWebhooks, to_loopback=to_loopback, wait_seconds=wait_seconds)
    parts = {"clock": clock, "webhook_calls": lambda _, gate: calls(gate), **parts}
    platform = compose(settings, replace(correct_parts(settings), **parts))
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
