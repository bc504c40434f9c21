"""What each printed document says, and the port that prints it.

Texts are as the tenant wrote them: wrapping, shrinking and the printer's character set are the adapter's
business. Money is in the document's `currency_code`, weights are in grams, `None` means that the document
leaves the field out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or a recipient, as printed in an address block; `country_code` is ISO 3166-1."""

    name: str | None
    company: str | None
    lines: tuple[str, ...]
    city: str | None
    county: str | None
    postcode: str | None
    country_code: str | None


@dataclass(frozen=True, slots=True)
class LabelContent:
    """A postage label: one item of one order."""

    sender: Party
    recipient: Party
    service_code: str
    service_name: str
    tracking_number: str
    order_identifier: int
    order_reference: str | None
    weight_in_grams: int
    instructions: str | None
    date: datetime


@dataclass(frozen=True, slots=True)
class ReturnLabelContent:
    """A label with which the `sender` (the customer) sends an item back to the `recipient` (the shop)."""

    sender: Party
    recipient: Party
    service_code: str
    service_name: str
    tracking_number: str
    unique_item_id: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class CustomsLine:
    """One kind of goods in an item; `weight_in_grams` and `unit_value` are for one unit."""

    description: str
    quantity: int
    unit_value: Decimal
    weight_in_grams: int
    customs_code: str | None
    origin_country_code: str | None


@dataclass(frozen=True, slots=True)
class CustomsContent:
    """A customs declaration: CN22 for goods of low value, CN23 for the rest."""

    form: Literal["CN22", "CN23"]
    label: LabelContent
    lines: tuple[CustomsLine, ...]
    currency_code: str
    total: Decimal
    category: str
    sender_reference: str | None = None
    recipient_reference: str | None = None
    invoice_number: str | None = None


@dataclass(frozen=True, slots=True)
class LabelPages:
    """What is printed for one order when its label is asked for: the label, then what goes with it."""

    label: LabelContent
    returns: ReturnLabelContent | None = None
    customs: CustomsContent | None = None


@dataclass(frozen=True, slots=True)
class DespatchLine:
    """One line of an order on its despatch note."""

    sku: str | None
    name: str | None
    quantity: int
    unit_value: Decimal | None


@dataclass(frozen=True, slots=True)
class DespatchNoteContent:
    """The paper in the parcel; an order may have one before it has a label, hence no tracking number then."""

    sender: Party
    recipient: Party
    order_identifier: int
    order_reference: str | None
    date: datetime
    lines: tuple[DespatchLine, ...]
    currency_code: str
    subtotal: Decimal
    shipping: Decimal
    total: Decimal
    service_name: str | None = None
    tracking_number: str | None = None
    instructions: str | None = None


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One order on a manifest."""

    order_identifier: int
    reference: str | None
    recipient_name: str | None
    postcode: str | None
    service_code: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """What an account hands over to a carrier in one collection."""

    account_name: str
    carrier_name: str
    manifest_number: int
    created: datetime
    rows: tuple[ManifestRow, ...]


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One order's postage on a receipt or an invoice; `amount` is for all its items."""

    order_identifier: int
    order_reference: str | None
    service_name: str
    items: int
    price: Decimal
    amount: Decimal
    tracking_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaymentContent:
    """A receipt (that money was paid) or an invoice (what it was paid for)."""

    kind: Literal["Receipt", "Invoice"]
    account_name: str
    number: int
    payment_reference: str
    paid: datetime
    refunded: datetime | None
    lines: tuple[PaymentLine, ...]
    currency_code: str
    total: Decimal


class Documents(Protocol):
    """Prints documents. Each method but `qr_code` answers one PDF file; equal contents give equal bytes.

    A sequence must have at least one item, or the method raises `ValueError`. All methods are pure and take
    milliseconds of CPU for a page, so a caller on an event loop runs big batches in a thread.
    """

    def labels(self, items: Sequence[LabelPages]) -> bytes:
        """Print per order the postage label, then its return label and customs declaration if it has them."""
        ...

    def despatch_notes(self, items: Sequence[DespatchNoteContent]) -> bytes:
        """Print the despatch notes, each from a new page."""
        ...

    def customs_declarations(self, items: Sequence[CustomsContent]) -> bytes:
        """Print the customs declarations, each from a new page."""
        ...

    def manifest(self, content: ManifestContent) -> bytes:
        """Print a manifest, on as many pages as its rows need."""
        ...

    def payment(self, content: PaymentContent) -> bytes:
        """Print a receipt or an invoice, on as many pages as its lines need."""
        ...

    def return_label(self, content: ReturnLabelContent) -> bytes:
        """Print a return label."""
        ...

    def qr_code(self, text: str) -> bytes:
        """Draw `text` as a QR code, in a PNG image: what a customer shows at a counter to get a label."""
        ...
