"""Orders and their life: new, label generated, manifested, despatched.

The functions take an order and answer the order that it becomes, or raise `TransitionRefused`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from clickdrop.domain.content import OrderContent

if TYPE_CHECKING:
    from collections.abc import Sequence


class OrderStatus(StrEnum):
    """How far an order has come."""

    NEW = "new"
    LABEL_GENERATED = "labelGenerated"
    MANIFESTED = "manifested"
    DESPATCHED = "despatched"
    DESPATCHED_BY_OTHER_COURIER = "despatchedByOtherCourier"


@dataclass(frozen=True, slots=True)
class OtherCourier:
    """Who took an order that did not go by the platform's own carriers."""

    despatched_on: datetime
    tracking_number: str | None = None
    carrier: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `identifier` is unique over all accounts, the reference within its own."""

    identifier: int
    created_on: datetime
    content: OrderContent
    status: OrderStatus = OrderStatus.NEW
    printed_on: datetime | None = None
    manifested_on: datetime | None = None
    shipped_on: datetime | None = None
    tracking_numbers: tuple[str, ...] = ()
    other_courier: OtherCourier | None = None

    @property
    def reference(self) -> str | None:
        """The tenant's own name for the order."""
        return self.content.order_reference

    @property
    def package_count(self) -> int:
        """How many items travel: an order without packages travels as one."""
        return max(1, len(self.content.packages))

    @property
    def tracking_number(self) -> str | None:
        """The number of the first item, or the other courier's."""
        if self.other_courier is not None:
            return self.other_courier.tracking_number
        return self.tracking_numbers[0] if self.tracking_numbers else None


class TransitionRefused(Exception):
    """The order cannot become that from where it is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def generate_label(order: Order, tracking_numbers: Sequence[str], now: datetime) -> Order:
    """Apply postage: one tracking number for each package."""
    if len(tracking_numbers) != order.package_count:
        raise ValueError(f"expected {order.package_count} tracking numbers, got {len(tracking_numbers)}")
    if not awaits_postage(order):
        raise TransitionRefused("LabelNotPossible", f"An order that is {order.status} takes no new label.")
    status = OrderStatus.LABEL_GENERATED if order.status is OrderStatus.NEW else order.status
    return replace(order, status=status, printed_on=now, tracking_numbers=tuple(tracking_numbers))


def awaits_postage(order: Order) -> bool:
    """Tell whether the order can have postage applied: it has none, and goes by the platform's own carriers."""
    return order.status in {OrderStatus.NEW, OrderStatus.DESPATCHED} and not order.tracking_numbers


def manifest(order: Order, now: datetime) -> Order:
    """Hand the order over to its carrier."""
    if not is_manifestable(order):
        raise TransitionRefused("ManifestNotPossible", "The order has no label, or is on a manifest already.")
    status = OrderStatus.MANIFESTED if order.status is OrderStatus.LABEL_GENERATED else order.status
    return replace(order, status=status, manifested_on=now)


def is_manifestable(order: Order) -> bool:
    """Tell whether the order waits for a manifest: labelled or despatched, and on none so far."""
    ready = order.status in {OrderStatus.LABEL_GENERATED, OrderStatus.DESPATCHED}
    return ready and bool(order.tracking_numbers) and order.manifested_on is None


def reset(order: Order) -> Order:
    """Make the order new again; its label is void."""
    if order.manifested_on is not None:
        raise TransitionRefused("AlreadyManifested", "A manifested order cannot be set to new.")
    return Order(identifier=order.identifier, created_on=order.created_on, content=order.content)


def despatch(order: Order, now: datetime) -> Order:
    """Say that the order has left."""
    if order.status is OrderStatus.DESPATCHED_BY_OTHER_COURIER:
        raise TransitionRefused("DespatchedByOtherCourier", "The order went by another courier: reset it first.")
    return replace(order, status=OrderStatus.DESPATCHED, shipped_on=order.shipped_on or now)


def despatch_by_other_courier(order: Order, courier: OtherCourier) -> Order:
    """Say that another courier took the order."""
    if order.tracking_numbers:
        message = "The order has a label: set it to new before it goes by another courier."
        raise TransitionRefused("LabelGenerated", message)
    return replace(
        order,
        status=OrderStatus.DESPATCHED_BY_OTHER_COURIER,
        shipped_on=courier.despatched_on,
        other_courier=courier,
    )


def rewrite(order: Order, content: OrderContent) -> Order:
    """Change what the order is, as long as nothing has been printed of it."""
    if order.status is not OrderStatus.NEW:
        raise TransitionRefused("NotEditable", f"An order that is {order.status} can no longer be edited.")
    return replace(order, content=content)
