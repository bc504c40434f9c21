"""An account's orders as a table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from clickdrop.domain.content import Address

if TYPE_CHECKING:
    from clickdrop.domain.orders import Order

Cell: TypeAlias = str | int | Decimal | datetime | None

COLUMNS = (
    "Order identifier",
    "Order reference",
    "Created",
    "Status",
    "Recipient",
    "Company",
    "Address line 1",
    "Address line 2",
    "Address line 3",
    "City",
    "County",
    "Postcode",
    "Country",
    "Service",
    "Tracking numbers",
    "Weight (g)",
    "Subtotal",
    "Postage",
    "Total",
    "Currency",
)


def row(order: Order) -> tuple[Cell, ...]:
    """Answer an order's cells, one for each of `COLUMNS`."""
    content = order.content
    address = content.recipient.address or Address("", "", "")
    return (
        order.identifier,
        order.reference,
        order.created_on,
        order.status.value,
        address.full_name,
        address.company_name,
        address.address_line1,
        address.address_line2,
        address.address_line3,
        address.city,
        address.county,
        address.postcode,
        address.country_code,
        content.postage.service_code,
        " ".join(order.tracking_numbers) or order.tracking_number,
        content.weight_in_grams,
        content.subtotal,
        content.shipping_cost_charged,
        content.total,
        content.currency_code,
    )
