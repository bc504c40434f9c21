"""Jobs in the database.

Which accounts have work due is written with the accounts, so that who looks for work need see nobody's jobs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select, update

from clickdrop.adapters.database.serialised import Serialised
from clickdrop.adapters.database.tables import accounts, jobs
from clickdrop.adapters.database.upserts import insert
from clickdrop.domain.jobs import ENDED, Job, JobFile, JobKind, JobStatus
from clickdrop.domain.notices import Notice, NoticeKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_OF_JOB = [column for column in jobs.c if column.name not in {"file_name", "media_type", "content", "shows", "lane"}]
_NOTICE = Serialised(Notice)


class SqlJobs:
    """The port `JobStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, account_id: str, job: Job, file: JobFile | None = None) -> None:
        """Add a job, or store how far it has come, with what it has made."""
        progress = {
            "due_on": job.due_on,
            "status": job.status,
            "attempts": job.attempts,
            "fault": job.fault,
            "file_name": file.name if file else None,
            "media_type": file.media_type if file else None,
            "content": file.content if file else None,
            "shows": json.dumps(file.orders) if file else None,
        }
        statement = insert(self._connection, jobs).values(
            id=job.id,
            account_id=account_id,
            kind=job.kind,
            created_on=job.created_on,
            subjects=json.dumps(job.subjects),
            notice=_NOTICE.dump(job.notice) if job.notice else None,
            lane=job.lane,
            **progress,
        )
        own = jobs.c.account_id == account_id
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=progress, where=own))
        await self._note_due(account_id)

    async def remove(self, account_id: str, job_id: str) -> None:
        """Forget a job."""
        await self._connection.execute(delete(jobs).where(jobs.c.account_id == account_id, jobs.c.id == job_id))
        await self._note_due(account_id)

    async def forget_ended(self, account_id: str, now: datetime) -> None:
        """Forget those of the account's jobs that have ended and are due to be forgotten, with what they have made."""
        # Jobs of before this was noted are older than any of which it was.
        due = func.coalesce(jobs.c.due_on, jobs.c.created_on) <= now
        own = delete(jobs).where(jobs.c.account_id == account_id)
        await self._connection.execute(own.where(jobs.c.status.in_(ENDED), due))
        await self._note_due(account_id)

    async def get(self, account_id: str, job_id: str) -> Job | None:
        """Answer one of the account's jobs."""
        return await self._one(jobs.c.account_id == account_id, jobs.c.id == job_id)

    async def file(self, account_id: str, job_id: str) -> JobFile | None:
        """Answer what one of the account's jobs has made."""
        statement = select(jobs.c.file_name, jobs.c.media_type, jobs.c.content, jobs.c.shows)
        own = statement.where(jobs.c.account_id == account_id, jobs.c.id == job_id, jobs.c.content.is_not(None))
        row = (await self._connection.execute(own)).one_or_none()
        return (
            None if row is None else JobFile(row.file_name, row.media_type, row.content, tuple(json.loads(row.shows)))
        )

    async def due(self, account_id: str, now: datetime) -> Job | None:
        """Answer the account's job that has been due for longest, of those that can be taken."""
        return await self._one(jobs.c.account_id == account_id, jobs.c.due_on <= now, _can_be_taken(account_id))

    async def _one(self, *conditions: ColumnElement[bool]) -> Job | None:
        statement = select(*_OF_JOB).where(*conditions).order_by(jobs.c.due_on, jobs.c.id).limit(1)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _job_of(row)

    async def _note_due(self, account_id: str) -> None:
        own = select(jobs.c.due_on).where(jobs.c.account_id == account_id, jobs.c.due_on.is_not(None))
        first = own.where(_can_be_taken(account_id)).order_by(jobs.c.due_on).limit(1).scalar_subquery()
        await self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(work_due_on=first))


def _can_be_taken(account_id: str) -> ColumnElement[bool]:
    """Say that no other job of its lane is under way: not even one whose taker has died, which comes first again."""
    other = jobs.alias()
    busy = select(other.c.lane).where(other.c.account_id == account_id, other.c.status == JobStatus.RUNNING)
    return or_(jobs.c.status == JobStatus.RUNNING, jobs.c.lane.not_in(busy))


def _job_of(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=JobKind(row.kind) if row.notice is None else NoticeKind(row.kind),
        created_on=row.created_on,
        due_on=row.due_on,
        subjects=tuple(json.loads(row.subjects)),
        status=JobStatus(row.status),
        attempts=row.attempts,
        fault=row.fault,
        notice=_NOTICE.load(row.notice) if row.notice is not None else None,
    )
