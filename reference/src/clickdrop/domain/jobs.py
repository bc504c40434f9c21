"""Work that is done later, and done whatever happens to who does it.

A job is due at a time. Who takes it moves that time a lease ahead, and counts the attempt: a job whose taker dies is
due again when the lease is over, and a taker that comes too late to end it sees that another attempt has begun.
A job that has ended is due once more, to be forgotten with what it has made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from clickdrop.domain.notices import Notice, NoticeKind

LEASE = timedelta(seconds=60)
"""For how long a job that was taken is its taker's."""
KEPT = timedelta(days=7)
"""For how long a job that has ended is kept, with its file, for who asked for it."""
ATTEMPTS = 5
"""How often a job is tried that is no settlement."""
_BACK_OFF = timedelta(seconds=2)


class JobKind(StrEnum):
    """What is to be done."""

    SETTLEMENT = "settlement"
    LABELS = "labels"
    EXPORT_CSV = "exportCsv"
    EXPORT_XLSX = "exportXlsx"


class JobStatus(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


ENDED = frozenset({JobStatus.DONE, JobStatus.FAILED})


@dataclass(frozen=True, slots=True)
class JobFile:
    """What a job made, and which orders it shows."""

    name: str
    media_type: str
    content: bytes
    orders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A job of an account's; `subjects` are the orders that it is about, `due_on` is when there is next to be done
    something about it.

    One that tells somebody of an order has the `notice`.
    """

    id: str
    kind: JobKind | NoticeKind
    created_on: datetime
    due_on: datetime
    subjects: tuple[int, ...] = ()
    status: JobStatus = JobStatus.WAITING
    attempts: int = 0
    fault: str | None = None
    notice: Notice | None = None

    @property
    def is_own(self) -> bool:
        """Tell whether the platform has left it for itself: no tenant asked for it, and it is forgotten at its end."""
        return self.kind is JobKind.SETTLEMENT or self.notice is not None

    @property
    def lane(self) -> str:
        """What it shares with the account's jobs that it is never done beside: they tell the same receiver."""
        return self.notice.to if self.notice is not None else self.id

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing is left to be done but to forget it."""
        return self.status in ENDED


def take(job: Job, now: datetime) -> Job:
    """Begin an attempt."""
    return replace(job, status=JobStatus.RUNNING, attempts=job.attempts + 1, due_on=now + LEASE)


def finish(job: Job, now: datetime) -> Job:
    """Say that it is done."""
    return replace(job, status=JobStatus.DONE, due_on=now + KEPT, fault=None)


def fail(job: Job, fault: str, now: datetime) -> Job:
    """Say that it can't be done."""
    return replace(job, status=JobStatus.FAILED, due_on=now + KEPT, fault=fault)


def hold(job: Job, now: datetime) -> Job:
    """Have it tried again later, as if it had not been tried this time."""
    return replace(job, status=JobStatus.WAITING, attempts=job.attempts - 1, due_on=now + LEASE)


def postpone(job: Job, now: datetime) -> Job:
    """Have it tried again, later each time; a settlement for ever, everything else a few times."""
    if job.kind is not JobKind.SETTLEMENT and job.attempts >= ATTEMPTS:
        return fail(job, "It could not be done.", now)
    return replace(job, status=JobStatus.WAITING, due_on=now + min(_BACK_OFF * 2 ** min(job.attempts, 10), LEASE))
