"""Pages about orders: list, details, new, edit, delete, label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse

from clickdrop.api.responses import PRIVATE, pdf
from clickdrop.domain.errors import Fault, InvalidRequest
from clickdrop.domain.identifiers import integer_of
from clickdrop.domain.orders import OrderStatus
from clickdrop.domain.paging import OrderSearch, OrderSort
from clickdrop.domain.tariff import MAX_WEIGHT_IN_GRAMS, SERVICES
from clickdrop.domain.users import Permission
from clickdrop.service.orders import BatchRefused
from clickdrop.web.admission import Form, asked, member_page, platform_of, ticked
from clickdrop.web.fields import FieldsRefused, changed, fields_of, item_faults, order_content
from clickdrop.web.pages import STATUS_WORDS, go, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member

_TEXT_LENGTH_MAX = 100
_PAGE_MAX = 10_000
_SORT_WORDS: Mapping[OrderSort, str] = {
    OrderSort.NEWEST: "Newest first",
    OrderSort.OLDEST: "Oldest first",
    OrderSort.REFERENCE: "By reference",
    OrderSort.STATUS: "By status",
}


async def show_orders(request: Request, member: Member) -> Response:
    """Show a page of what was searched for; what the address says that makes no sense is passed over."""
    search = _search(request)
    found = await platform_of(request).desk.search(member, search)
    last = max(1, -(-found.total // search.page_size))
    return page(
        request,
        "orders.html",
        member,
        search=search,
        found=found,
        last=last,
        sorts=_SORT_WORDS,
        at=lambda number: "/orders?" + urlencode(_address(search) | {"page": number}),
    )


async def show_order(request: Request, member: Member) -> Response:
    """Show an order in full."""
    order = await platform_of(request).desk.order(member, _identifier(request))
    service = SERVICES.get(order.content.postage.service_code or "")
    return page(request, "order.html", member, order=order, service=service, fault=None)


async def show_status(request: Request, member: Member) -> Response:
    """Answer how far an order has come, to programs."""
    order = await platform_of(request).desk.order(member, _identifier(request))
    return JSONResponse(
        {
            "identifier": order.identifier,
            "status": order.status,
            "words": STATUS_WORDS[order.status],
            "trackingNumber": order.tracking_number,
        },
        headers=PRIVATE,
    )


async def show_new(request: Request, member: Member) -> Response:
    """Show an empty form."""
    member.require(Permission.WRITE)
    return _order_form(request, member, "/orders/new", "New order", {}, {})


async def make(request: Request, member: Member, form: Form) -> Response:
    """Make an order."""
    try:
        order = await platform_of(request).desk.make(member, order_content(form))
    except (FieldsRefused, BatchRefused) as refused:
        return _order_form(request, member, "/orders/new", "New order", form, _faults(refused))
    return go(f"/orders/{order.identifier}?done=created")


async def show_edit(request: Request, member: Member) -> Response:
    """Show an order in a form."""
    member.require(Permission.WRITE)
    identifier = _identifier(request)
    order = await platform_of(request).desk.order(member, identifier)
    fields = fields_of(order.content)
    return _order_form(request, member, f"/orders/{identifier}/edit", f"Edit order {identifier}", fields, {})


async def edit(request: Request, member: Member, form: Form) -> Response:
    """Change an order."""
    identifier = _identifier(request)
    action, title = f"/orders/{identifier}/edit", f"Edit order {identifier}"
    try:
        given = order_content(form)
        await platform_of(request).desk.edit(member, identifier, lambda before: changed(before, given))
    except (FieldsRefused, BatchRefused) as refused:
        return _order_form(request, member, action, title, form, _faults(refused))
    except InvalidRequest as refused:
        return _order_form(request, member, action, title, form, {"": str(refused)})
    return go(f"/orders/{identifier}?done=saved")


async def delete(request: Request, member: Member, _form: Form) -> Response:
    """Delete an order."""
    await platform_of(request).desk.delete(member, _identifier(request))
    return go("/orders?done=deleted")


async def print_label(request: Request, member: Member, _form: Form) -> Response:
    """Generate an order's label and show it; if there can be none, say why."""
    identifier = _identifier(request)
    try:
        document = await platform_of(request).desk.label(member, identifier)
    except InvalidRequest as error:
        order = await platform_of(request).desk.order(member, identifier)
        service = SERVICES.get(order.content.postage.service_code or "")
        return page(request, "order.html", member, status=400, order=order, service=service, fault=str(error))
    return pdf(document, f"label-{identifier}.pdf")


async def print_labels(request: Request, member: Member, form: Form) -> Response:
    """Print the labels of the orders that are ticked in one file, generating those that there are none of."""
    member.require(Permission.WRITE)
    orders = ticked(form)
    if not orders:
        raise InvalidRequest(Fault("NothingTicked", "Tick the orders whose labels to print."))
    return pdf(await platform_of(request).desk.labels(member, orders), "labels.pdf")


async def reprint(request: Request, member: Member) -> Response:
    """Show an order's label again."""
    identifier = _identifier(request)
    return pdf(await platform_of(request).desk.reprint(member, identifier), f"label-{identifier}.pdf")


def _order_form(
    request: Request, member: Member, action: str, title: str, given: Mapping[str, str], faults: Mapping[str, str]
) -> Response:
    services = [service for service in SERVICES.values() if service.kind is member.account.kind]
    values: dict[str, Any] = {"services": services, "formats": list(MAX_WEIGHT_IN_GRAMS)}
    values |= {"action": action, "title": title, "given": given, "faults": faults}
    return page(request, "order_form.html", member, status=400 if faults else 200, **values)


def _faults(refused: FieldsRefused | BatchRefused) -> Mapping[str, str]:
    if isinstance(refused, FieldsRefused):
        return refused.faults
    return item_faults(fault for each in refused.refused for fault in each.faults)


def _search(request: Request) -> OrderSearch:
    status, sort, number = asked(request, "status"), asked(request, "sort"), asked(request, "page")
    return OrderSearch(
        text=asked(request, "q").strip()[:_TEXT_LENGTH_MAX],
        status=OrderStatus(status) if status in set(OrderStatus) else None,
        sort=OrderSort(sort) if sort in set(OrderSort) else OrderSort.NEWEST,
        page=min(integer_of(number) or 1, _PAGE_MAX),
    )


def _address(search: OrderSearch) -> dict[str, Any]:
    given = {"q": search.text, "status": search.status, "sort": search.sort}
    return {name: value for name, value in given.items() if value}


def _identifier(request: Request) -> int:
    identifier: int = request.path_params["identifier"]
    return identifier


ROUTES = (
    member_page("/orders", show_orders),
    member_page("/orders/new", show_new, make),
    member_page("/orders/labels", submit=print_labels),
    member_page("/orders/{identifier:order}", show_order),
    member_page("/orders/{identifier:order}/status", show_status),
    member_page("/orders/{identifier:order}/edit", show_edit, edit),
    member_page("/orders/{identifier:order}/delete", submit=delete),
    member_page("/orders/{identifier:order}/label", reprint, print_label),
)
