"""Jobs that tenants ask for, and the files that come of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain import exports
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
    from clickdrop.service.printing import Printer

MAX_LABELS = 1000
"""How many orders' labels one file has."""


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
