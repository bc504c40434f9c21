"""Paying for postage: basket, quote, checkout, receipt, invoice, labels, refund."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import Response

from clickdrop.api.admission import Tenant, platform_of, shown
from clickdrop.api.bodies import describe_body, json_body
from clickdrop.api.responses import WireResponse, pdf
from clickdrop.api.v1.description import refusals
from clickdrop.api.v1.queries import Digits
from clickdrop.api.wire.checkouts import (
    CheckoutResource,
    CheckoutsResource,
    NewCheckoutRequest,
    QuoteRequest,
    QuoteResource,
    checkout_resource,
    new_checkout,
    quote_resource,
)
from clickdrop.domain.checkouts import Checkout, CheckoutStatus
from clickdrop.domain.errors import PaymentDeclined
from clickdrop.domain.identifiers import MAX_INTEGER
from clickdrop.domain.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

router = APIRouter(tags=["Checkouts"])

CheckoutId = Annotated[UUID, Path(alias="checkoutId")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{1,100}$",
        description="The account's own name for this checkout: to ask again under it is not to ask twice.",
    ),
]
_PDF: dict[str, Any] = {
    "description": "One PDF file.",
    "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
}
_OPEN = {"model": CheckoutResource, "description": "Not settled yet: it will be, and asking again does no harm."}
_BY_ID = {"parameters": {"checkoutId": "$response.body#/checkoutId"}}
_LINKS = {
    "ShowCheckout": {"operationId": "GetCheckout", **_BY_ID},
    "PrintReceipt": {"operationId": "GetReceipt", **_BY_ID},
    "PrintInvoice": {"operationId": "GetInvoice", **_BY_ID},
    "PrintPaidLabels": {"operationId": "GetCheckoutLabels", **_BY_ID},
    "Refund": {"operationId": "RefundCheckout", **_BY_ID},
}


@router.get(
    "/basket",
    operation_id="GetBasket",
    summary="Show what awaits postage",
    responses={200: {"model": QuoteResource}, **refusals(429)},
)
async def get_basket(request: Request, account: Tenant) -> Response:
    """Answer the account's newest orders that have no postage yet, as many as one checkout takes, and what it costs."""
    lines = await platform_of(request).checkouts.basket(account)
    await shown(request, (line.order_identifier for line in lines))
    return WireResponse(quote_resource(lines))


@router.post(
    "/quotes",
    operation_id="QuotePostage",
    summary="Say what postage costs",
    responses={200: {"model": QuoteResource}, **refusals(400, 404, 413, 429)},
    openapi_extra=describe_body(QuoteRequest),
)
async def quote_postage(
    request: Request, account: Tenant, body: Annotated[QuoteRequest, Depends(json_body(QuoteRequest))]
) -> Response:
    """Answer what postage of some of the account's orders costs; nothing is bought."""
    lines = await platform_of(request).checkouts.quote(account, body.order_identifiers)
    await shown(request, (line.order_identifier for line in lines))
    return WireResponse(quote_resource(lines))


@router.post(
    "/checkouts",
    operation_id="CreateCheckout",
    summary="Pay for postage",
    status_code=201,
    responses={
        201: {"model": CheckoutResource, "links": _LINKS},
        202: _OPEN,
        **refusals(400, 402, 404, 409, 413, 429),
    },
    openapi_extra=describe_body(NewCheckoutRequest),
)
async def create_checkout(
    request: Request,
    account: Tenant,
    idempotency_key: IdempotencyKey,
    body: Annotated[NewCheckoutRequest, Depends(json_body(NewCheckoutRequest))],
) -> Response:
    """Pay for the orders and generate their labels, once for a key; the same request again has the same answer."""
    checkout = await platform_of(request).checkouts.pay(account, new_checkout(body, idempotency_key))
    if checkout.status is CheckoutStatus.REFUSED:
        raise PaymentDeclined(checkout.reason or "The payment was declined.")
    return await _shown(request, checkout, 201)


@router.get(
    "/checkouts",
    operation_id="GetPayments",
    summary="List payments",
    responses={200: {"model": CheckoutsResource}, **refusals(400, 429)},
)
async def get_payments(
    request: Request,
    account: Tenant,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MAX_PAGE_SIZE), Digits] = DEFAULT_PAGE_SIZE,
    before: Annotated[
        int | None,
        Query(ge=1, le=MAX_INTEGER, description="Numbers below this: nextBefore of the page before."),
        Digits,
    ] = None,
) -> Response:
    """Answer a page of the account's checkouts, newest first."""
    found, next_before = await platform_of(request).checkouts.page(account, page_size, before)
    await shown(request, (line.order_identifier for each in found for line in each.lines))
    return WireResponse(
        CheckoutsResource(checkouts=[checkout_resource(each) for each in found], next_before=next_before)
    )


@router.get(
    "/checkouts/{checkoutId}",
    operation_id="GetCheckout",
    summary="Show a checkout",
    responses={200: {"model": CheckoutResource}, **refusals(400, 404, 429)},
)
async def get_checkout(request: Request, account: Tenant, checkout_id: CheckoutId) -> Response:
    """Answer one of the account's checkouts."""
    checkout = await platform_of(request).checkouts.get(account, str(checkout_id))
    await shown(request, (line.order_identifier for line in checkout.lines))
    return WireResponse(checkout_resource(checkout))


@router.get(
    "/checkouts/{checkoutId}/receipt",
    operation_id="GetReceipt",
    summary="Print a receipt",
    response_class=Response,
    responses={200: _PDF, **refusals(400, 404, 429)},
)
async def get_receipt(request: Request, account: Tenant, checkout_id: CheckoutId) -> Response:
    """Print that a checkout was paid."""
    content, orders = await platform_of(request).receipts.print(account, str(checkout_id), "Receipt")
    await shown(request, orders)
    return pdf(content, "receipt.pdf")


@router.get(
    "/checkouts/{checkoutId}/invoice",
    operation_id="GetInvoice",
    summary="Print an invoice",
    response_class=Response,
    responses={200: _PDF, **refusals(400, 404, 429)},
)
async def get_invoice(request: Request, account: Tenant, checkout_id: CheckoutId) -> Response:
    """Print what a checkout was paid for."""
    content, orders = await platform_of(request).receipts.print(account, str(checkout_id), "Invoice")
    await shown(request, orders)
    return pdf(content, "invoice.pdf")


@router.get(
    "/checkouts/{checkoutId}/labels",
    operation_id="GetCheckoutLabels",
    summary="Print the labels that were paid for",
    response_class=Response,
    responses={200: _PDF, **refusals(400, 404, 429)},
)
async def get_checkout_labels(request: Request, account: Tenant, checkout_id: CheckoutId) -> Response:
    """Print the labels of a checkout's orders, with the customs declarations that their destinations ask for."""
    content, orders = await platform_of(request).receipts.labels(account, str(checkout_id))
    await shown(request, orders)
    return pdf(content, "labels.pdf")


@router.post(
    "/checkouts/{checkoutId}/refund",
    operation_id="RefundCheckout",
    summary="Give the money back",
    responses={200: {"model": CheckoutResource}, 202: _OPEN, **refusals(400, 404, 429)},
)
async def refund_checkout(request: Request, account: Tenant, checkout_id: CheckoutId) -> Response:
    """Give a checkout's money back and make its labels void, unless a parcel is on its way; asking again is not asking
    twice."""
    checkout = await platform_of(request).checkouts.refund(account, str(checkout_id))
    return await _shown(request, checkout, 200)


async def _shown(request: Request, checkout: Checkout, status: int) -> Response:
    await shown(request, (line.order_identifier for line in checkout.lines))
    return WireResponse(checkout_resource(checkout), status if checkout.is_settled else 202)
