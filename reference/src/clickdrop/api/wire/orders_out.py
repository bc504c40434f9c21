"""Responses about orders."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING

from clickdrop.api.wire.base import ResponseModel
from clickdrop.api.wire.errors import OrderErrorInfo, OrderUpdateError, order_error_info, order_update_error
from clickdrop.api.wire.orders_in import CreateOrderRequest, CreateOrdersRequest
from clickdrop.service.orders import Accepted, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.orders import Order
    from clickdrop.service.orders import Deletion
    from clickdrop.service.statuses import StatusChanges


class CreatePackagesResponse(ResponseModel):
    """One item that travels."""

    package_number: int | None = None
    tracking_number: str | None = None


class GetOrderInfoResource(ResponseModel):
    """An order in brief."""

    order_identifier: int
    order_reference: str | None = None
    created_on: datetime
    order_date: datetime | None = None
    printed_on: datetime | None = None
    manifested_on: datetime | None = None
    shipped_on: datetime | None = None
    tracking_number: str | None = None
    packages: list[CreatePackagesResponse] | None = None


class GetOrdersResponse(ResponseModel):
    """A page of orders in brief."""

    orders: list[GetOrderInfoResource]
    continuation_token: str | None = None


class CreateOrderLabelErrorResponse(ResponseModel):
    """Why a new order has no label."""

    message: str | None = None
    code: str | None = None


class CreateOrderResponse(GetOrderInfoResource):
    """An order that was made; `label` is a PDF file in base64."""

    label: str | None = None
    label_errors: list[CreateOrderLabelErrorResponse] | None = None
    generated_documents: list[str] | None = None


class OrderFieldResponse(ResponseModel):
    """A field at fault."""

    field_name: str | None = None
    value: str | None = None


class CreateOrderErrorResponse(ResponseModel):
    """Why an order was not made."""

    error_code: int | None = None
    error_message: str | None = None
    fields: list[OrderFieldResponse] | None = None


class FailedOrderResponse(ResponseModel):
    """An order that was not made, as it was sent."""

    order: CreateOrderRequest | None = None
    errors: list[CreateOrderErrorResponse] | None = None


class CreateOrdersResponse(ResponseModel):
    """What became of a batch."""

    success_count: int
    errors_count: int
    created_orders: list[CreateOrderResponse]
    failed_orders: list[FailedOrderResponse]


class DeletedOrderInfo(ResponseModel):
    """An order that is gone."""

    order_identifier: int | None = None
    order_reference: str | None = None
    order_info: str | None = None


class DeleteOrdersResource(ResponseModel):
    """What became of the orders that were to be deleted."""

    deleted_orders: list[DeletedOrderInfo]
    errors: list[OrderErrorInfo]


class UpdatedOrderInfo(ResponseModel):
    """An order whose status was set."""

    order_identifier: int | None = None
    order_reference: str | None = None
    status: str | None = None


class UpdateOrderStatusResponse(ResponseModel):
    """What became of the orders whose status was to be set."""

    updated_orders: list[UpdatedOrderInfo]
    errors: list[OrderUpdateError]


def packages(order: Order) -> list[CreatePackagesResponse]:
    """Number the items of an order."""
    numbers = order.tracking_numbers or (None,) * order.package_count
    return [CreatePackagesResponse(package_number=i, tracking_number=n) for i, n in enumerate(numbers, start=1)]


def order_info(order: Order) -> GetOrderInfoResource:
    """Show an order in brief."""
    return GetOrderInfoResource(
        order_identifier=order.identifier,
        order_reference=order.reference,
        created_on=order.created_on,
        order_date=order.content.order_date,
        printed_on=order.printed_on,
        manifested_on=order.manifested_on,
        shipped_on=order.shipped_on,
        tracking_number=order.tracking_number,
        packages=packages(order),
    )


def created_orders(request: CreateOrdersRequest, outcomes: Sequence[Accepted | Refused]) -> CreateOrdersResponse:
    """Show what became of a batch; orders that were not made are shown as they were sent."""
    created = [_created(outcome) for outcome in outcomes if isinstance(outcome, Accepted)]
    failed = [_failed(request, outcome) for outcome in outcomes if isinstance(outcome, Refused)]
    return CreateOrdersResponse(
        success_count=len(created), errors_count=len(failed), created_orders=created, failed_orders=failed
    )


def deleted_orders(deletion: Deletion) -> DeleteOrdersResource:
    """Show what became of the orders that were to be deleted."""
    return DeleteOrdersResource(
        deleted_orders=[
            DeletedOrderInfo(order_identifier=o.identifier, order_reference=o.reference, order_info=o.status)
            for o in deletion.deleted
        ],
        errors=[order_error_info(fault) for fault in deletion.missing],
    )


def updated_orders(changes: StatusChanges) -> UpdateOrderStatusResponse:
    """Show what became of the orders whose status was to be set."""
    return UpdateOrderStatusResponse(
        updated_orders=[
            UpdatedOrderInfo(order_identifier=o.identifier, order_reference=o.reference, status=o.status)
            for o in changes.updated
        ],
        errors=[order_update_error(fault) for fault in changes.faults],
    )


def _created(accepted: Accepted) -> CreateOrderResponse:
    faults = [CreateOrderLabelErrorResponse(message=f.message, code=f.code) for f in accepted.label_faults]
    return CreateOrderResponse(
        **order_info(accepted.order).__dict__,
        label=base64.b64encode(accepted.label).decode() if accepted.label is not None else None,
        label_errors=faults or None,
        generated_documents=list(accepted.documents) or None,
    )


def _failed(request: CreateOrdersRequest, refused: Refused) -> FailedOrderResponse:
    errors = [
        CreateOrderErrorResponse(
            error_code=fault.code,
            error_message=fault.message,
            fields=[OrderFieldResponse(field_name=fault.field, value=fault.value)],
        )
        for fault in refused.faults
    ]
    return FailedOrderResponse(order=request.items[refused.position], errors=errors)
