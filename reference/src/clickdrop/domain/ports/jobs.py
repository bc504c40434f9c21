"""What is done later, and what it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from clickdrop.domain.exports import Cell
    from clickdrop.domain.jobs import Job, JobFile


class JobStore(Protocol):
    """The jobs of all accounts, each method on those of one. A changed job changes when its account has work due."""

    async def put(self, account_id: str, job: Job, file: JobFile | None = None) -> None:
        """Add a job, or store how far it has come, with what it has made."""
        ...

    async def remove(self, account_id: str, job_id: str) -> None:
        """Forget a job."""
        ...

    async def forget_ended(self, account_id: str, now: datetime) -> None:
        """Forget those of the account's jobs that have ended and are due to be forgotten, with what they have made."""
        ...

    async def get(self, account_id: str, job_id: str) -> Job | None:
        """Answer one of the account's jobs."""
        ...

    async def file(self, account_id: str, job_id: str) -> JobFile | None:
        """Answer what one of the account's jobs has made."""
        ...

    async def due(self, account_id: str, now: datetime) -> Job | None:
        """Answer the account's job that has been due for longest, of those in whose lane no other is under way."""
        ...


class TableFiles(Protocol):
    """Writes tables as files, in which no text is a formula."""

    def csv(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        """Write CSV."""
        ...

    def xlsx(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        """Write a workbook."""
        ...
