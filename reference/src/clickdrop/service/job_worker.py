"""Doing the jobs that tenants ask for, and those that checkouts and orders leave.

Who works looks for accounts with work due, and does each job as its account, in transactions that claim that account
and no other. A worker that dies loses its lease, and the job is taken again.

Several jobs are done at once, so that nobody waits for another's slow receiver: a few of each account's, and what one
receiver is told one after the other. Files are made one at a time, since what they take is the processor.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from clickdrop.domain import jobs as life
from clickdrop.domain.jobs import Job, JobKind
from clickdrop.service.jobs import JobRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.ports.storage import Storage
    from clickdrop.service.checkouts import Checkouts
    from clickdrop.service.jobs import FileMaker
    from clickdrop.service.notices import Notices

AT_ONCE = 8
AT_ONCE_OF_ACCOUNT = 3
LOOK_SECONDS = 0.5
"""How long it waits before it looks for work again."""
_ACCOUNTS_A_LOOK = 50
_log = logging.getLogger(__name__)


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
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._file_making = asyncio.Lock()

    async def work(self, stop: asyncio.Event | None = None) -> int:
        """Do what is due until nothing is, or until told to stop, and answer how many jobs that were."""
        ended = 0
        try:
            while True:
                while (stop is None or not stop.is_set()) and await self._begin():
                    pass
                if not self._under_way:
                    return ended
                done, _ = await asyncio.wait(self._under_way, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del self._under_way[task]
                ended += len(done)
        except asyncio.CancelledError:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            raise

    async def _begin(self) -> bool:
        """Begin a job of each account that has one due, as far as there is room; false if that was none."""
        if len(self._under_way) >= AT_ONCE:
            return False
        async with self._storage.administering() as work:
            account_ids = await work.accounts.with_work_due(self._clock(), _ACCOUNTS_A_LOOK)
        begun = False
        for account_id in account_ids:
            of_account = list(self._under_way.values()).count(account_id)
            if len(self._under_way) >= AT_ONCE or of_account >= AT_ONCE_OF_ACCOUNT:
                continue
            job = await self.take(account_id)
            if job is not None:
                self._under_way[asyncio.create_task(self._do(account_id, job))] = account_id
                begun = True
        return begun

    async def _do(self, account_id: str, job: Job) -> None:
        try:
            await self.do(account_id, job)
        except Exception:  # it is taken again once its lease is over
            _log.exception("what came of job %s, attempt %d", job.id, job.attempts)

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
                async with self._file_making:
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


async def work_until(stop: asyncio.Event, worker: JobWorker) -> None:
    """Have a worker do what is due until told to stop.

    A database that is away is waited for.
    """
    while not stop.is_set():
        try:
            await worker.work(stop)
        except Exception:  # whatever it is, the next round may do better
            _log.exception("a round of the job worker")
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue
