"""Jobs: asked for by tenants, or left by checkouts and by orders that somebody is told of, done by a worker.

Who works looks for accounts with work due, and does each job as its account, in transactions that claim that account
and no other. A worker that dies loses its lease, and the job is taken again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain import exports
from clickdrop.domain import jobs as life
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.jobs import Job, JobFile, JobKind
from clickdrop.domain.paging import MAX_PAGE_SIZE, OrderQuery
from clickdrop.domain.printing import LabelOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.jobs import TableFiles
    from clickdrop.domain.ports.storage import Storage
    from clickdrop.service.checkouts import Checkouts
    from clickdrop.service.notices import Notices
    from clickdrop.service.printing import Printer

MAX_LABELS = 1000
"""How many orders' labels one file has."""
_ACCOUNTS_A_ROUND = 50
_log = logging.getLogger(__name__)


class Jobs:
    """The use cases of who asks for jobs."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock

    async def ask(self, account: Account, kind: JobKind, orders: Sequence[int] = ()) -> Job:
        """Ask for the labels of some of the account's orders, or for a table of all its orders.

        Raises `NotFound` for orders that the account has not, and `InvalidRequest` for those without labels.
        """
        now = self._clock()
        job = Job(str(uuid4()), kind, now, now, tuple(orders))
        async with self._storage.writing(account.id) as (current, work):
            if kind is JobKind.LABELS:
                found = await work.orders.get(current.id, OrderIdentifiers(job.subjects, ()))
                _require_labels(job.subjects, found)
            await work.jobs.put(current.id, job)
        return job

    async def get(self, account: Account, job_id: str) -> Job:
        """Answer one of the jobs that the account asked for; raises `NotFound`."""
        async with self._storage.reading(account.id) as work:
            job = await work.jobs.get(account.id, job_id)
        if job is None or job.is_own:
            raise NotFound("There is no such job.")
        return job

    async def file(self, account: Account, job_id: str) -> JobFile:
        """Answer what one of the account's jobs has made; raises `NotFound`."""
        async with self._storage.reading(account.id) as work:
            file = await work.jobs.file(account.id, job_id)
        if file is None:
            raise NotFound("There is no such file.")
        return file


class JobRefused(Exception):
    """The job cannot be done, whoever tries; the message says why."""


class FileMaker:
    """Makes the files that tenants ask for."""

    def __init__(self, storage: Storage, printer: Printer, tables: TableFiles) -> None:
        self._storage = storage
        self._printer = printer
        self._tables = tables

    async def make(self, account_id: str, job: Job) -> JobFile:
        """Do the job; raises `JobRefused`."""
        if job.kind is JobKind.LABELS:
            return await self._labels(account_id, job.subjects)
        orders = await self._all_orders(account_id)
        write = self._tables.csv if job.kind is JobKind.EXPORT_CSV else self._tables.xlsx
        file = await asyncio.to_thread(write, exports.COLUMNS, [exports.row(order) for order in orders])
        return replace(file, orders=tuple(order.identifier for order in orders))

    async def _labels(self, account_id: str, subjects: tuple[int, ...]) -> JobFile:
        async with self._storage.reading(account_id) as work:
            account = await work.accounts.get(account_id)
            found = await work.orders.get(account_id, OrderIdentifiers(subjects, ()))
        orders = [order for order in found if order.tracking_numbers]
        if account is None or not orders:
            raise JobRefused("None of the orders has a label any more.")
        content = await self._printer.print(account, orders, LabelOptions())
        return JobFile("labels.pdf", "application/pdf", content, tuple(order.identifier for order in orders))

    async def _all_orders(self, account_id: str) -> list[Order]:
        orders: list[Order] = []
        query = OrderQuery(MAX_PAGE_SIZE)
        async with self._storage.reading(account_id) as work:
            while True:
                page = await work.orders.page(account_id, query)
                orders += page.orders
                if page.next_before is None:
                    return orders
                query = OrderQuery(MAX_PAGE_SIZE, before=page.next_before)


class JobWorker:
    """Does what is due."""

    def __init__(
        self,
        storage: Storage,
        checkouts: Checkouts,
        notices: Notices,
        files: FileMaker,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._checkouts = checkouts
        self._notices = notices
        self._files = files
        self._clock = clock

    async def work(self) -> int:
        """Do a job of each account that has one due, and answer how many there were."""
        async with self._storage.administering() as work:
            account_ids = await work.accounts.with_work_due(self._clock(), _ACCOUNTS_A_ROUND)
        taken = 0
        for account_id in account_ids:
            job = await self.take(account_id)
            if job is not None:
                taken += 1
                await self.do(account_id, job)
        return taken

    async def take(self, account_id: str) -> Job | None:
        """Take the account's job that has been due for longest, so that nobody else does before the lease is over.

        Jobs that have ended and were kept for long enough are forgotten on the way.
        """
        async with self._storage.writing(account_id) as (account, work):
            now = self._clock()
            job = await work.jobs.due(account.id, now)
            if job is not None and job.has_ended:
                await work.jobs.forget_ended(account.id, now)
                job = await work.jobs.due(account.id, now)
            if job is not None:
                job = life.take(job, now)
                await work.jobs.put(account.id, job)
        return job

    async def do(self, account_id: str, job: Job) -> None:
        """Do a job that was taken, and write down what came of it; whatever goes wrong, it is tried again later."""
        file = None
        try:
            if job.kind is JobKind.SETTLEMENT:
                settled = await self._checkouts.settle(account_id, job.id)
                now = self._clock()
                ended = life.finish(job, now) if settled else life.postpone(job, now)
            elif job.notice is not None:
                ended = await self._notices.tell(account_id, job, job.notice)
            else:
                file = await self._files.make(account_id, job)
                ended = life.finish(job, self._clock())
        except JobRefused as refused:
            ended = life.fail(job, str(refused), self._clock())
        except Exception:
            _log.exception("job %s, attempt %d", job.id, job.attempts)
            ended = life.postpone(job, self._clock())
        async with self._storage.writing(account_id) as (account, work):
            current = await work.jobs.get(account.id, job.id)
            if current is None or current.attempts != job.attempts:
                return  # it has ended and is forgotten, or is somebody else's by now
            if job.is_own and ended.has_ended:
                await work.jobs.remove(account.id, job.id)
            else:
                await work.jobs.put(account.id, ended, file)


async def work_until(stop: asyncio.Event, worker: JobWorker, seconds: float) -> None:
    """Have a worker do what is due until told to stop, and look again after so many seconds when nothing is.

    A database that is away is waited for.
    """
    while not stop.is_set():
        try:
            idle = not await worker.work()
        except Exception:  # whatever it is, the next round may do better
            _log.exception("a round of the job worker")
            idle = True
        if idle:
            try:
                async with asyncio.timeout(seconds):
                    await stop.wait()
            except TimeoutError:
                continue


def _require_labels(wanted: Sequence[int], found: Sequence[Order]) -> None:
    if not wanted or {order.identifier for order in found} != set(wanted):
        raise NotFound("There is no such order.")
    faults = [
        Fault("LabelMissing", "The order has no label yet.", order.identifier, order.reference)
        for order in found
        if not order.tracking_numbers
    ]
    if faults:
        raise InvalidRequest(*faults)
