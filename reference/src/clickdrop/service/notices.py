"""Telling of what happens to orders: a job for each letter and each webhook, left by the transaction that it is of.

So what is told has happened, nobody waits for a mail server or a webhook, and one that is away is tried again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain import jobs as life
from clickdrop.domain.jobs import Job
from clickdrop.domain.notices import NoticeKind, addressee, letter, notice_of, payload
from clickdrop.domain.status import PlatformClosed, require_open
from clickdrop.domain.webhooks import Undelivered, signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.notices import Event, Notice
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.storage import Storage, UnitOfWork
    from clickdrop.domain.ports.users import OutgoingMail
    from clickdrop.domain.status import Gate
    from clickdrop.domain.webhooks import WebhookCalls

_log = logging.getLogger(__name__)


async def announce(work: UnitOfWork, account_id: str, event: Event, order: Order, now: datetime) -> None:
    """Leave jobs that tell of what has just happened to one of the account's orders."""
    told = [(NoticeKind.WEBHOOK, webhook.id) for webhook in await work.webhooks.all(account_id)]
    address = addressee(event, order.content)
    if address is not None:
        told.append((NoticeKind.LETTER, address))
    for kind, to in told:
        notice = notice_of(event, order, to, now)
        await work.jobs.put(account_id, Job(str(uuid4()), kind, now, now, (order.identifier,), notice=notice))


class Notices:
    """What a job worker does about notices."""

    def __init__(
        self,
        storage: Storage,
        gate: Gate,
        mail: OutgoingMail,
        calls: WebhookCalls,
        tracking: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._gate = gate
        self._mail = mail
        self._calls = calls
        self._tracking = tracking
        self._clock = clock

    async def tell(self, account_id: str, job: Job, notice: Notice) -> Job:
        """Tell whom the notice is for, and answer what becomes of the job. What a closed platform has to tell waits."""
        try:
            await require_open(self._gate)  # so that nobody is connected to for nothing: who sends asks again
            if job.kind is NoticeKind.LETTER:
                told = await self._write(account_id, notice)
            else:
                told = await self._call(account_id, job.id, notice)
        except PlatformClosed:
            return life.hold(job, self._clock())
        return life.finish(job, self._clock()) if told else life.postpone(job, self._clock())

    async def _write(self, account_id: str, notice: Notice) -> bool:
        async with self._storage.reading(account_id) as work:
            account = await work.accounts.get(account_id)
        if account is None:
            return True
        try:
            await self._mail.send(notice.to, *letter(notice, account.name, self._tracking))
        except OSError as error:
            _log.warning("a letter could not be sent: %r", error)
            return False
        return True

    async def _call(self, account_id: str, message_id: str, notice: Notice) -> bool:
        async with self._storage.reading(account_id) as work:
            webhook = await work.webhooks.get(account_id, notice.to)
        if webhook is None:
            return True  # it has been removed
        body, now = payload(notice), self._clock()
        try:
            status = await self._calls.post(webhook.url, signed(webhook.secret, message_id, now, body), body)
            outcome, told = str(status), status in range(200, 300)
        except Undelivered as error:
            outcome, told = str(error), False
        async with self._storage.recording(account_id) as work:
            await work.webhooks.attempted(account_id, webhook.id, now, outcome)
        return told
