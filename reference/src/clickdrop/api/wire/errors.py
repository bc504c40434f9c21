"""The error bodies, which differ from operation to operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from pydantic import BaseModel

from clickdrop.api.wire.base import ResponseModel

if TYPE_CHECKING:
    from clickdrop.domain.errors import Fault


class ErrorResponse(ResponseModel):
    """What is wrong with a request as a whole."""

    code: str | None = None
    message: str
    details: str | None = None


class OrderErrorResponse(ResponseModel):
    """What is wrong with an order that was asked for."""

    account_order_number: int | None = None
    channel_order_reference: str | None = None
    code: str | None = None
    message: str | None = None


class OrderErrorInfo(ResponseModel):
    """Why an order was not deleted."""

    order_identifier: int | None = None
    order_reference: str | None = None
    code: str | None = None
    message: str | None = None


class OrderUpdateError(ResponseModel):
    """Why the status of an order was not set."""

    order_identifier: int | None = None
    order_reference: str | None = None
    status: str | None = None
    code: str | None = None
    message: str | None = None


class ManifestErrorsErrorDetailsResponse(ResponseModel):
    """One thing that is wrong with a request about manifests."""

    code: str | None = None
    description: str | None = None


class ManifestErrorsResponse(ResponseModel):
    """What is wrong with a request about manifests."""

    errors: list[ManifestErrorsErrorDetailsResponse] | None = None


Body: TypeAlias = BaseModel | Sequence[BaseModel]


def error_object(faults: list[Fault]) -> Body:
    """Answer the error object, which tells the first fault in its message and all of them in its details."""
    details = "\n".join(fault.message for fault in faults) if len(faults) > 1 else None
    return ErrorResponse(code=faults[0].code, message=faults[0].message, details=details)


def order_errors(faults: list[Fault]) -> Body:
    """Answer an array with an element for each order at fault."""
    return [
        OrderErrorResponse(
            account_order_number=fault.order_identifier,
            channel_order_reference=fault.order_reference,
            code=fault.code,
            message=fault.message,
        )
        for fault in faults
    ]


def order_error_infos(faults: list[Fault]) -> Body:
    """Answer an array with an element for each order that was not deleted."""
    return [order_error_info(fault) for fault in faults]


def order_error_info(fault: Fault) -> OrderErrorInfo:
    """Say why an order was not deleted."""
    return OrderErrorInfo(
        order_identifier=fault.order_identifier,
        order_reference=fault.order_reference,
        code=fault.code,
        message=fault.message,
    )


def order_update_errors(faults: list[Fault]) -> Body:
    """Answer an array with an element for each order whose status was not set."""
    return [order_update_error(fault) for fault in faults]


def order_update_error(fault: Fault) -> OrderUpdateError:
    """Say why the status of an order was not set."""
    return OrderUpdateError(
        order_identifier=fault.order_identifier,
        order_reference=fault.order_reference,
        status=fault.status,
        code=fault.code,
        message=fault.message,
    )


def manifest_errors(faults: list[Fault]) -> Body:
    """Answer the error object of manifests."""
    return ManifestErrorsResponse(
        errors=[ManifestErrorsErrorDetailsResponse(code=f.code, description=f.message) for f in faults]
    )


FAULT_SHAPES: Mapping[str, Callable[[list[Fault]], Body]] = MappingProxyType(
    {
        "GetSpecificOrdersAsync": order_errors,
        "GetSpecificOrdersWithDetailsAsync": order_errors,
        "GetOrdersLabelAsync": order_errors,
        "DeleteOrdersAsync": order_error_infos,
        "UpdateOrdersStatusAsync": order_update_errors,
        "ManifestEligibleAsync": manifest_errors,
        "RetryManifestAsync": manifest_errors,
        "GetManifestAsync": manifest_errors,
    }
)
"""How each operation that does not answer a plain error object says what is wrong (status 400)."""
