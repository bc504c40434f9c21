"""Paying for postage online: a checkout, and its life.

                 ┌─> refused
    charging ────┼─> labelled ──> refunding ──> refunded
                 └────────────────^

A checkout is `charging` from before the payment provider is first asked until its answer is known, and `refunding`
from before the money is first given back until that is known. Who finds a checkout in either asks the provider (again),
under the same key. Labels are generated in the transaction that leaves `charging`: a charge whose orders can't have
their labels any more goes to `refunding` in the same moment. So the payment token is needed for as long as a checkout
is `charging`, and no longer: what is kept of it tells whether a later request has the same one, and pays for nothing.

The functions take a checkout and answer the one that it becomes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from clickdrop.domain.errors import Fault
from clickdrop.domain.orders import Order, awaits_postage
from clickdrop.domain.tariff import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CURRENCY = "GBP"
MAX_ORDERS = 100
"""How many orders one checkout takes."""
SPENT = "spent:"
"""What stays of a payment token begins so, as no token does."""


class CheckoutStatus(StrEnum):
    """How far a checkout has come."""

    CHARGING = "charging"
    LABELLED = "labelled"
    REFUSED = "refused"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    """One order's postage: `price` is of one item, in pounds."""

    order_identifier: int
    service_code: str
    service_name: str
    items: int
    price: Decimal
    order_reference: str | None = None

    @property
    def amount(self) -> Decimal:
        """What the order costs."""
        return self.price * self.items


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a tenant asks for, under a key of its own, so that asking again is not asking twice."""

    idempotency_key: str
    order_identifiers: tuple[int, ...]
    payment_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout; `id` is the key under which the provider is asked, `number` that of the invoice.

    `tracking_numbers` has one tuple for each line once the labels are generated.
    """

    id: str
    number: int
    created_on: datetime
    request: CheckoutRequest
    lines: tuple[CheckoutLine, ...]
    status: CheckoutStatus = CheckoutStatus.CHARGING
    charge_id: str | None = None
    reason: str | None = None
    tracking_numbers: tuple[tuple[str, ...], ...] = ()
    paid_on: datetime | None = None
    refunded_on: datetime | None = None

    @property
    def total(self) -> Decimal:
        """What all orders cost together, in pounds."""
        return total(self.lines)

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is open between platform and provider."""
        return self.status not in {CheckoutStatus.CHARGING, CheckoutStatus.REFUNDING}

    def is_of(self, request: CheckoutRequest) -> bool:
        """Tell whether it was begun with this request."""
        return self.request in {request, _without_token(request, self.id)}


def total(lines: Iterable[CheckoutLine]) -> Decimal:
    """Answer what orders cost together, in pounds."""
    return sum((line.amount for line in lines), Decimal(0))


def postage_of(order: Order) -> CheckoutLine | Fault:
    """Answer what an order's postage costs, or why it can't have any."""
    if not awaits_postage(order):
        return _fault(order, "PostageNotPossible", f"An order that is {order.status} takes no new postage.")
    service = SERVICES.get(order.content.postage.service_code or "")
    if service is None:
        return _fault(order, "ServiceMissing", "Postage needs postageDetails.serviceCode on its order.")
    return CheckoutLine(
        order.identifier, service.code, service.name, order.package_count, service.price, order.reference
    )


def refuse(checkout: Checkout, reason: str) -> Checkout:
    """Say that the provider took no money."""
    return _charged(checkout, status=CheckoutStatus.REFUSED, reason=reason)


def label(checkout: Checkout, charge_id: str, orders: Sequence[Order], now: datetime) -> Checkout:
    """Say that the provider took the money and that the orders, in the lines' order, have their labels."""
    numbers = tuple(order.tracking_numbers for order in orders)
    return _charged(
        checkout, status=CheckoutStatus.LABELLED, charge_id=charge_id, tracking_numbers=numbers, paid_on=now
    )


def give_back(checkout: Checkout, charge_id: str, reason: str, now: datetime) -> Checkout:
    """Say that the provider took the money and is to give it back."""
    paid_on = checkout.paid_on or now
    return _charged(checkout, status=CheckoutStatus.REFUNDING, charge_id=charge_id, reason=reason, paid_on=paid_on)


def given_back(checkout: Checkout, now: datetime) -> Checkout:
    """Say that the money was given back."""
    return replace(checkout, status=CheckoutStatus.REFUNDED, refunded_on=now)


def _charged(checkout: Checkout, **changes: Any) -> Checkout:
    """Change a checkout whose provider has answered, or had answered before."""
    return replace(checkout, request=_without_token(checkout.request, checkout.id), **changes)


def _without_token(request: CheckoutRequest, checkout_id: str) -> CheckoutRequest:
    if request.payment_token.startswith(SPENT):
        return request
    # With the checkout in it, so that checkouts that were paid with one card have nothing in common.
    rest = sha256(f"{checkout_id}:{request.payment_token}".encode()).hexdigest()
    return replace(request, payment_token=SPENT + rest)


def _fault(order: Order, code: str, message: str) -> Fault:
    return Fault(code, message, order_identifier=order.identifier, order_reference=order.reference)
