"""Returns: a customer sends an item back to the shop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """One end of a return."""

    first_name: str
    last_name: str
    address_line1: str
    city: str
    postcode: str
    country: str
    country_iso_code: str
    title: str | None = None
    company_name: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    county: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnContent:
    """A return as its tenant asks for it: from `customer` to `shop`."""

    service_code: str
    customer: ReturnAddress
    shop: ReturnAddress
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return with the numbers that the platform gave it."""

    tracking_number: str
    unique_item_id: str
    content: ReturnContent
