"""Requests and responses about paying for postage."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from clickdrop.api.wire.base import Amount, RequestModel, ResponseModel, Whole
from clickdrop.domain.checkouts import (
    CURRENCY,
    MAX_ORDERS,
    Checkout,
    CheckoutLine,
    CheckoutRequest,
    CheckoutStatus,
    total,
)
from clickdrop.domain.identifiers import MAX_INTEGER

if TYPE_CHECKING:
    from collections.abc import Sequence


def _different(identifiers: list[int]) -> list[int]:
    if len(set(identifiers)) < len(identifiers):
        raise ValueError("must not name an order twice")
    return identifiers


OrderIdentifier = Annotated[int, Field(ge=1, le=MAX_INTEGER), Whole]
DifferentOrders = Annotated[
    list[OrderIdentifier], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_different)
]
"""Orders of the account's, each once."""


class QuoteRequest(RequestModel):
    """Orders whose postage is to be priced."""

    order_identifiers: DifferentOrders = Field(max_length=MAX_ORDERS)


class NewCheckoutRequest(RequestModel):
    """Orders whose postage is to be paid, and what with: the provider's token of a card."""

    order_identifiers: DifferentOrders = Field(max_length=MAX_ORDERS)
    payment_token: str = Field(pattern="^tok_[A-Za-z0-9_]{1,60}$")


class PostageResource(ResponseModel):
    """One order's postage; `price` is of one item."""

    order_identifier: int
    order_reference: str | None = None
    service_code: str
    service_name: str
    items: int
    price: Amount
    amount: Amount
    tracking_numbers: list[str] | None = None


class QuoteResource(ResponseModel):
    """What postage costs."""

    currency_code: str
    total: Amount
    orders: list[PostageResource]


class CheckoutResource(ResponseModel):
    """A checkout and how far it is; `number` is that of its invoice."""

    checkout_id: UUID
    number: int
    status: CheckoutStatus
    reason: str | None = None
    created_on: datetime
    paid_on: datetime | None = None
    refunded_on: datetime | None = None
    currency_code: str
    total: Amount
    payment_reference: str | None = None
    orders: list[PostageResource]


class CheckoutsResource(ResponseModel):
    """A page of checkouts."""

    checkouts: list[CheckoutResource]
    next_before: int | None = None


def new_checkout(body: NewCheckoutRequest, idempotency_key: str) -> CheckoutRequest:
    """Answer what is asked for."""
    return CheckoutRequest(idempotency_key, tuple(body.order_identifiers), body.payment_token)


def quote_resource(lines: Sequence[CheckoutLine]) -> QuoteResource:
    """Show what postage costs."""
    return QuoteResource(currency_code=CURRENCY, total=total(lines), orders=[_postage(line) for line in lines])


def checkout_resource(checkout: Checkout) -> CheckoutResource:
    """Show a checkout."""
    numbers = checkout.tracking_numbers or (None,) * len(checkout.lines)
    return CheckoutResource(
        checkout_id=UUID(checkout.id),
        number=checkout.number,
        status=checkout.status,
        reason=checkout.reason,
        created_on=checkout.created_on,
        paid_on=checkout.paid_on,
        refunded_on=checkout.refunded_on,
        currency_code=CURRENCY,
        total=checkout.total,
        payment_reference=checkout.charge_id,
        orders=[_postage(line, each) for line, each in zip(checkout.lines, numbers, strict=True)],
    )


def _postage(line: CheckoutLine, numbers: Sequence[str] | None = None) -> PostageResource:
    return PostageResource(
        order_identifier=line.order_identifier,
        order_reference=line.order_reference,
        service_code=line.service_code,
        service_name=line.service_name,
        items=line.items,
        price=line.price,
        amount=line.amount,
        tracking_numbers=None if numbers is None else list(numbers),
    )
