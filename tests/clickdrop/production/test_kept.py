"""What is not kept, in PostgreSQL: the service takes it away tenant by tenant, under the forced policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain.jobs import Job, JobKind, JobStatus

if TYPE_CHECKING:
    from clickdrop.platform import Platform
    from tests.clickdrop.production.conftest import Database


def test_jobs_that_have_ended(database: Database) -> None:
    """Each tenant's jobs go when it is their time; one that is due later stays."""

    async def work(platform: Platform) -> list[list[bool]]:
        now = datetime.now(UTC)
        made = []
        for account in database.accounts:
            for due in (now - timedelta(seconds=1), now + timedelta(hours=1)):
                job = Job(str(uuid4()), JobKind.EXPORT_CSV, now, due, status=JobStatus.DONE)
                async with platform.storage.writing(account) as (_, work):
                    await work.jobs.put(account, job)
                made.append((account, job.id))
        while await platform.job_worker.work():
            pass
        kept = []
        for account, job_id in made:
            async with platform.storage.reading(account) as work:
                kept.append(await work.jobs.get(account, job_id) is not None)
        return [kept[:2], kept[2:]]

    assert database.within(work) == [[False, True]] * 2
