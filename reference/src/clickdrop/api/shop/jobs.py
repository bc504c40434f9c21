"""What takes a while: labels of many orders, and tables of all of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response

from clickdrop.api.admission import Tenant, platform_of, shown
from clickdrop.api.bodies import describe_body, json_body
from clickdrop.api.responses import WireResponse, download
from clickdrop.api.v1.description import refusals
from clickdrop.api.wire.jobs import BulkLabelsRequest, ExportRequest, JobResource, job_resource
from clickdrop.domain.jobs import JobKind


class JobIdConvertor(StringConvertor):
    """What follows `/jobs/` and is no path of another operation: to those, this one's methods do not belong."""

    regex = "(?!(?:exports|labels)$)[^/]+"


register_url_convertor("job_id", JobIdConvertor())
router = APIRouter(prefix="/jobs", tags=["Jobs"])

JobId = Annotated[UUID, Path(alias="jobId")]
_KINDS = {"csv": JobKind.EXPORT_CSV, "xlsx": JobKind.EXPORT_XLSX}
_MEDIA_TYPES = (
    "application/pdf",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_BY_ID = {"parameters": {"jobId": "$response.body#/jobId"}}
_LINKS = {
    "ShowJob": {"operationId": "GetJob", **_BY_ID},
    "FetchFile": {"operationId": "GetJobFile", **_BY_ID},
}


@router.post(
    "/exports",
    operation_id="ExportOrders",
    summary="Have all orders written as a table",
    status_code=202,
    responses={202: {"model": JobResource, "links": _LINKS}, **refusals(400, 413, 429)},
    openapi_extra=describe_body(ExportRequest),
)
async def export_orders(
    request: Request, account: Tenant, body: Annotated[ExportRequest, Depends(json_body(ExportRequest))]
) -> Response:
    """Have all of the account's orders written as a table."""
    return WireResponse(job_resource(await platform_of(request).jobs.ask(account, _KINDS[body.format])), 202)


@router.post(
    "/labels",
    operation_id="PrintManyLabels",
    summary="Have many labels printed in one file",
    status_code=202,
    responses={202: {"model": JobResource, "links": _LINKS}, **refusals(400, 404, 413, 429)},
    openapi_extra=describe_body(BulkLabelsRequest),
)
async def print_many_labels(
    request: Request, account: Tenant, body: Annotated[BulkLabelsRequest, Depends(json_body(BulkLabelsRequest))]
) -> Response:
    """Have the labels of some of the account's orders printed in one PDF file; each has its label generated."""
    job = await platform_of(request).jobs.ask(account, JobKind.LABELS, body.order_identifiers)
    return WireResponse(job_resource(job), 202)


@router.get(
    "/{jobId:job_id}",
    operation_id="GetJob",
    summary="Show a job",
    responses={200: {"model": JobResource}, **refusals(400, 404, 429)},
)
async def get_job(request: Request, account: Tenant, job_id: JobId) -> Response:
    """Answer one of the account's jobs."""
    return WireResponse(job_resource(await platform_of(request).jobs.get(account, str(job_id))))


@router.get(
    "/{jobId}/file",
    operation_id="GetJobFile",
    summary="Fetch what a job has made",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _MEDIA_TYPES},
        },
        **refusals(400, 404, 429),
    },
)
async def get_job_file(request: Request, account: Tenant, job_id: JobId) -> Response:
    """Answer the file that one of the account's jobs has made, to its owner alone. It is kept for a week."""
    file = await platform_of(request).jobs.file(account, str(job_id))
    await shown(request, file.orders)
    return download(file.content, file.name, file.media_type)
