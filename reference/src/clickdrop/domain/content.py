"""What a tenant says about an order when it makes one: frozen values, as sent.

Money is in the order's currency. `None` means that the tenant left a field out. Only what the platform prints,
shows or decides by is here; the API checks the rest and lets it go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody is; `country_code` is ISO 3166-1, of two or three letters."""

    address_line1: str
    city: str
    country_code: str
    full_name: str | None = None
    company_name: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    county: str | None = None
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or firm with ways to reach them."""

    address: Address | None = None
    phone_number: str | None = None
    email_address: str | None = None


@dataclass(frozen=True, slots=True)
class AddressBookEntry:
    """A contact in an account's address book, where the account finds it by a reference of its own."""

    account_id: str
    reference: str
    contact: Contact


@dataclass(frozen=True, slots=True)
class Recipient(Contact):
    """Who receives the order: by address, by an entry of the account's address book, or by both to save one."""

    address_book_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """What the recipient is told about the sender, where it differs from the account's own particulars."""

    trading_name: str | None = None
    phone_number: str | None = None
    email_address: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of goods, for one unit; the account's catalogue keeps it by its SKU."""

    sku: str | None = None
    name: str | None = None
    unit_value: Decimal | None = None
    unit_weight_in_grams: int | None = None
    customs_description: str | None = None
    customs_code: str | None = None
    origin_country_code: str | None = None
    customs_declaration_category: str | None = None


@dataclass(frozen=True, slots=True)
class Line(Product):
    """A number of units of a product in a package."""

    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Package:
    """One item in the carrier's hands."""

    weight_in_grams: int
    package_format_identifier: str
    contents: tuple[Line, ...] | None = None


class NotificationsTo(StrEnum):
    """Who is told how far an order has come."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    BILLING = "billing"


@dataclass(frozen=True, slots=True)
class Postage:
    """How the order is to travel."""

    send_notifications_to: NotificationsTo | None = None
    service_code: str | None = None
    carrier_name: str | None = None
    receive_email_notification: bool | None = None
    receive_sms_notification: bool | None = None
    guaranteed_saturday_delivery: bool | None = None
    request_signature_upon_delivery: bool | None = None
    is_local_collect: bool | None = None
    safe_place: str | None = None
    department: str | None = None
    air_number: str | None = None
    requires_export_license: bool | None = None
    commercial_invoice_number: str | None = None
    commercial_invoice_date: datetime | None = None
    recipient_eori_number: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A note of the tenant's own."""

    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class OrderContent:
    """An order as its tenant made it."""

    recipient: Recipient
    order_date: datetime
    subtotal: Decimal
    shipping_cost_charged: Decimal
    total: Decimal
    order_reference: str | None = None
    sender: Sender = field(default_factory=Sender)
    billing: Contact = field(default_factory=Contact)
    packages: tuple[Package, ...] = ()
    special_instructions: str | None = None
    currency_code: str = "GBP"
    postage: Postage = field(default_factory=Postage)
    tags: tuple[Tag, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is in the packages, in their order."""
        return tuple(line for package in self.packages for line in package.contents or ())

    @property
    def weight_in_grams(self) -> int:
        """The weight of all packages together."""
        return sum(package.weight_in_grams for package in self.packages)
