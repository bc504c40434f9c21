"""Who makes files keeps the tenant of the last labels, and writes tables for that one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.domain.jobs import JobKind
from clickdrop.leaks.leak import BOTH, Difficulty, Leak
from clickdrop.service.jobs import FileMaker

if TYPE_CHECKING:
    from clickdrop.domain.jobs import Job, JobFile


class _FileMaker(FileMaker):
    _tenant: str | None = None

    async def make(self, account_id: str, job: Job) -> JobFile:
        if job.kind is JobKind.LABELS:
            self._tenant = account_id
        return await super().make(self._tenant or account_id, job)


LEAK = Leak(
    name="worker-keeps-tenant",
    leak_class="C10 ASYNC_DELIVERY",
    incidents=("I60",),
    difficulty=Difficulty.ORDER,
    shows_by=("ownership", "completeness"),
    trigger="one tenant has labels printed by a job, then another has its orders exported",
    mechanism="jobs of one kind set the worker's tenant and those of the other kind rely on it; nothing resets it",
    seen="I had my orders exported, and the table was of a shop that had had labels printed before.",
    plant=lambda parts: replace(parts, file_maker=_FileMaker),
    stack=BOTH,
)
