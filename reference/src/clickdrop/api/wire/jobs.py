"""Requests and responses about jobs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import Field

from clickdrop.api.wire.base import RequestModel, ResponseModel
from clickdrop.api.wire.checkouts import DifferentOrders
from clickdrop.domain.jobs import JobKind, JobStatus
from clickdrop.service.jobs import MAX_LABELS

if TYPE_CHECKING:
    from clickdrop.domain.jobs import Job


class ExportRequest(RequestModel):
    """The table that all orders are to be written as."""

    format: Literal["csv", "xlsx"]


class BulkLabelsRequest(RequestModel):
    """Orders whose labels are to be in one file."""

    order_identifiers: DifferentOrders = Field(max_length=MAX_LABELS)


class JobResource(ResponseModel):
    """A job and how far it is; its file is there once it is done."""

    job_id: UUID
    kind: JobKind
    status: JobStatus
    created_on: datetime
    fault: str | None = None


def job_resource(job: Job) -> JobResource:
    """Show a job."""
    return JobResource(
        job_id=UUID(job.id), kind=JobKind(job.kind), status=job.status, created_on=job.created_on, fault=job.fault
    )
