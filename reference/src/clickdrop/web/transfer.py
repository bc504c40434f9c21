"""Pages that take orders from a file, and write them to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from clickdrop.api.responses import download
from clickdrop.domain.jobs import JobKind
from clickdrop.domain.users import Permission
from clickdrop.service.orders import BatchRefused
from clickdrop.web.admission import Form, member_page, platform_of, uuid_of
from clickdrop.web.csv_orders import (
    COLUMNS,
    FAULTS_SHOWN,
    MAX_BYTES,
    MAX_ROWS,
    OWN_COLUMNS,
    FileRefused,
    RowFault,
    header_line,
    order_line,
    read_orders,
)
from clickdrop.web.fields import item_faults
from clickdrop.web.pages import HEADERS, go, page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member


async def show_import(request: Request, member: Member) -> Response:
    """Ask for a file."""
    member.require(Permission.WRITE)
    return _import_form(request, member, ())


async def take_import(request: Request, member: Member, form: Form) -> Response:
    """Make all orders of a file, or none if there is anything wrong with one."""
    member.require(Permission.WRITE)
    try:
        rows = read_orders(form.get("file", "").encode("latin-1", "replace"))
    except FileRefused as refused:
        return _import_form(request, member, refused.faults)
    try:
        await platform_of(request).desk.create(member, [row.content for row in rows])
    except BatchRefused as refused:
        faults = [
            RowFault(rows[each.position].line, name, message)
            for each in refused.refused
            for name, message in item_faults(each.faults).items()
        ]
        return _import_form(request, member, faults)
    return go("/orders?done=imported")


async def export(request: Request, member: Member) -> Response:
    """Write all orders to a file, page by page."""
    member.require(Permission.READ)

    async def lines() -> AsyncIterator[str]:
        yield header_line()
        async for orders in platform_of(request).desk.export(member):
            yield "".join(map(order_line, orders))

    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="orders.csv"'}
    return StreamingResponse(lines(), 200, headers, "text/csv; charset=utf-8")


async def ask_for_table(request: Request, member: Member, form: Form) -> Response:
    """Have all orders written to a file, as a job."""
    kind = JobKind.EXPORT_CSV if form.get("format") == "csv" else JobKind.EXPORT_XLSX
    job = await platform_of(request).till.write_table(member, kind)
    return go(f"/files/{job.id}")


async def show_file(request: Request, member: Member) -> Response:
    """Show how far a file is that was asked for."""
    return page(request, "file.html", member, job=await platform_of(request).till.job(member, uuid_of(request)))


async def fetch_file(request: Request, member: Member) -> Response:
    """Answer a file that was asked for."""
    file = await platform_of(request).till.file(member, uuid_of(request))
    return download(file.content, file.name, file.media_type)


def _import_form(request: Request, member: Member, faults: Sequence[RowFault]) -> Response:
    return page(
        request,
        "import.html",
        member,
        status=400 if faults else 200,
        faults=faults[:FAULTS_SHOWN],
        more=max(0, len(faults) - FAULTS_SHOWN),
        columns=[name for name in COLUMNS if name not in OWN_COLUMNS],
        rows_max=MAX_ROWS,
        kilobytes_max=MAX_BYTES // 1024,
    )


ROUTES = (
    member_page("/orders/import", show_import, take_import),
    member_page("/orders/export.csv", export),
    member_page("/orders/export", submit=ask_for_table),
    member_page("/files/{id}", show_file),
    member_page("/files/{id}/content", fetch_file),
)
