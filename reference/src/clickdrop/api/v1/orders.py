"""Orders: make, list, show, delete, set status."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from clickdrop.api.admission import ChannelShipperTenant, Tenant, platform_of, shown
from clickdrop.api.bodies import describe_body, json_body
from clickdrop.api.responses import WireResponse
from clickdrop.api.v1.description import Responses, refusals
from clickdrop.api.v1.identifiers import WantedOrders
from clickdrop.api.v1.links import link_to_next_page, links_of_order
from clickdrop.api.v1.queries import WantedPage
from clickdrop.api.wire.details import GetOrderDetailsResource, GetOrdersDetailsResponse, order_details
from clickdrop.api.wire.errors import OrderErrorInfo, OrderErrorResponse, OrderUpdateError
from clickdrop.api.wire.orders_in import (
    CreateOrdersRequest,
    UpdateOrdersStatusRequest,
    new_order,
    status_change,
)
from clickdrop.api.wire.orders_out import (
    CreateOrdersResponse,
    DeleteOrdersResource,
    GetOrderInfoResource,
    GetOrdersResponse,
    UpdateOrderStatusResponse,
    created_orders,
    deleted_orders,
    order_info,
    updated_orders,
)
from clickdrop.domain.accounts import Account
from clickdrop.domain.paging import OrderPage
from clickdrop.service.orders import Accepted

router = APIRouter(tags=["Orders"])

_BAD_IDENTIFIERS: Responses = {
    400: {"model": list[OrderErrorResponse], "description": "The identifiers cannot be read."}
}


@router.post(
    "/orders",
    operation_id="CreateOrdersAsync",
    summary="Make orders",
    responses={
        200: {"model": CreateOrdersResponse, "links": links_of_order("/createdOrders/0/orderIdentifier")},
        **refusals(400, 413, 429),
    },
    openapi_extra=describe_body(CreateOrdersRequest),
)
async def create_orders(
    request: Request, account: Tenant, body: Annotated[CreateOrdersRequest, Depends(json_body(CreateOrdersRequest))]
) -> Response:
    """Make each order of the batch that can be made, and say of each other one why not."""
    outcomes = await platform_of(request).orders.create(account, [new_order(item) for item in body.items])
    await shown(request, (each.order.identifier for each in outcomes if isinstance(each, Accepted)))
    return WireResponse(created_orders(body, outcomes))


@router.get(
    "/orders",
    operation_id="GetOrdersAsync",
    summary="List orders",
    responses={
        200: {
            "model": GetOrdersResponse,
            "links": links_of_order("/orders/0/orderIdentifier") | link_to_next_page("GetOrdersAsync"),
        },
        **refusals(400, 429),
    },
)
async def get_orders(request: Request, account: Tenant, query: WantedPage) -> Response:
    """Answer a page of the account's orders, newest first."""
    page = await platform_of(request).orders.page(account, query)
    await shown(request, (order.identifier for order in page.orders))
    orders = [order_info(order) for order in page.orders]
    return WireResponse(GetOrdersResponse(orders=orders, continuation_token=_token(request, account, page)))


@router.get(
    "/orders/full",
    operation_id="GetOrdersWithDetailsAsync",
    summary="List orders in full",
    responses={
        200: {"model": GetOrdersDetailsResponse, "links": link_to_next_page("GetOrdersWithDetailsAsync")},
        **refusals(400, 403, 429),
    },
)
async def get_orders_with_details(request: Request, account: ChannelShipperTenant, query: WantedPage) -> Response:
    """Answer a page of the account's orders with everything that it keeps of them, newest first."""
    page = await platform_of(request).orders.page(account, query)
    await shown(request, (order.identifier for order in page.orders))
    orders = [order_details(account, order) for order in page.orders]
    return WireResponse(GetOrdersDetailsResponse(orders=orders, continuation_token=_token(request, account, page)))


@router.put(
    "/orders/status",
    operation_id="UpdateOrdersStatusAsync",
    summary="Set the status of orders",
    responses={
        200: {"model": UpdateOrderStatusResponse},
        **refusals(413, 429),
        400: {"model": list[OrderUpdateError], "description": "The body cannot be read."},
    },
    openapi_extra=describe_body(UpdateOrdersStatusRequest),
)
async def update_orders_status(
    request: Request,
    account: Tenant,
    body: Annotated[UpdateOrdersStatusRequest, Depends(json_body(UpdateOrdersStatusRequest))],
) -> Response:
    """Set the status of each order that can take it, and say of each other one why not."""
    outcome = await platform_of(request).statuses.set(account, [status_change(item) for item in body.items])
    await shown(request, outcome.orders)
    return WireResponse(updated_orders(outcome))


@router.get(
    "/orders/{orderIdentifiers:path}/full",
    operation_id="GetSpecificOrdersWithDetailsAsync",
    summary="Show orders in full",
    responses={
        200: {"model": list[GetOrderDetailsResource]},
        **refusals(403, 404, 429),
        **_BAD_IDENTIFIERS,
    },
)
async def get_specific_orders_with_details(
    request: Request, account: ChannelShipperTenant, wanted: WantedOrders
) -> Response:
    """Answer those of the orders that the account has, with everything that it keeps of them."""
    found = await platform_of(request).orders.get(account, wanted)
    await shown(request, (order.identifier for order in found))
    return WireResponse([order_details(account, order) for order in found])


@router.get(
    "/orders/{orderIdentifiers:order_identifiers}",
    operation_id="GetSpecificOrdersAsync",
    summary="Show orders",
    responses={200: {"model": list[GetOrderInfoResource]}, **refusals(404, 429), **_BAD_IDENTIFIERS},
)
async def get_specific_orders(request: Request, account: Tenant, wanted: WantedOrders) -> Response:
    """Answer those of the orders that the account has."""
    found = await platform_of(request).orders.get(account, wanted)
    await shown(request, (order.identifier for order in found))
    return WireResponse([order_info(order) for order in found])


@router.delete(
    "/orders/{orderIdentifiers:order_identifiers}",
    operation_id="DeleteOrdersAsync",
    summary="Delete orders",
    responses={
        200: {"model": DeleteOrdersResource},
        **refusals(404, 429),
        400: {"model": list[OrderErrorInfo], "description": "The identifiers cannot be read."},
    },
)
async def delete_orders(request: Request, account: Tenant, wanted: WantedOrders) -> Response:
    """Delete those of the orders that the account has; their labels are void."""
    deletion = await platform_of(request).orders.delete(account, wanted)
    await shown(request, (order.identifier for order in deletion.deleted))
    return WireResponse(deleted_orders(deletion))


def _token(request: Request, account: Account, page: OrderPage) -> str | None:
    if page.next_before is None:
        return None
    return platform_of(request).continuation.seal(account.id, page.next_before)
