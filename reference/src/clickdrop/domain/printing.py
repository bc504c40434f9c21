"""What is printed for an order: from orders to the contents of documents."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from clickdrop.domain.content import Address
from clickdrop.domain.documents import (
    CustomsContent,
    CustomsLine,
    DespatchLine,
    DespatchNoteContent,
    LabelContent,
    LabelPages,
    ManifestContent,
    ManifestRow,
    Party,
    ReturnLabelContent,
)
from clickdrop.domain.tariff import DEFAULT_RETURN_SERVICE, RETURN_SERVICES, SERVICES, is_domestic
from clickdrop.domain.tracking import unique_item_id

if TYPE_CHECKING:
    from typing import Literal

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.manifests import Manifest
    from clickdrop.domain.orders import Order
    from clickdrop.domain.returns import Return, ReturnAddress

CN22_LIMIT = Decimal(270)
"""Goods up to this value (in pounds) travel with the short customs form."""


class DocumentType(StrEnum):
    """The papers that can be asked for, by their published names."""

    POSTAGE_LABEL = "postageLabel"
    DESPATCH_NOTE = "despatchNote"
    CN22 = "CN22"
    CN23 = "CN23"


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """Which papers; `customs` is `None` for what the destination asks for."""

    document: DocumentType = DocumentType.POSTAGE_LABEL
    returns_label: bool = False
    customs: bool | None = None


def needs_customs(order: Order, options: LabelOptions) -> bool:
    """Tell whether a postage label comes with a customs declaration."""
    address = order.content.recipient.address
    abroad = address is not None and not is_domestic(address.country_code)
    return abroad if options.customs is None else options.customs and abroad


def printed_documents(order: Order, options: LabelOptions) -> list[str]:
    """Name the documents that printing the order's label makes."""
    names = [DocumentType.POSTAGE_LABEL.value]
    if options.returns_label:
        names.append("returnsLabel")
    if needs_customs(order, options):
        names.append(_customs_form(order))
    return names


def label_pages(account: Account, order: Order, options: LabelOptions) -> list[LabelPages]:
    """Answer the label of each package; the order has its label generated."""
    return [
        LabelPages(
            label=_label(account, order, position),
            returns=_returns_label(account, order, position) if options.returns_label else None,
            customs=customs_content(account, order, _customs_form(order)) if needs_customs(order, options) else None,
        )
        for position in range(order.package_count)
    ]


def customs_content(account: Account, order: Order, form: Literal["CN22", "CN23"]) -> CustomsContent:
    """Answer the customs declaration of an order whose label is generated."""
    content = order.content
    categories = [line.customs_declaration_category for line in content.lines]
    return CustomsContent(
        form=form,
        label=_label(account, order, 0),
        lines=tuple(
            CustomsLine(
                description=line.customs_description or line.name or line.sku or "Goods",
                quantity=line.quantity,
                unit_value=line.unit_value or Decimal(0),
                weight_in_grams=line.unit_weight_in_grams or 0,
                customs_code=line.customs_code,
                origin_country_code=line.origin_country_code,
            )
            for line in content.lines
        ),
        currency_code=content.currency_code,
        total=content.subtotal,
        category=next((category for category in categories if category), "other"),
        sender_reference=order.reference,
        recipient_reference=content.postage.recipient_eori_number,
        invoice_number=content.postage.commercial_invoice_number,
    )


def despatch_note(account: Account, order: Order) -> DespatchNoteContent:
    """Answer the paper that goes into the parcel."""
    content = order.content
    service = SERVICES.get(content.postage.service_code or "")
    return DespatchNoteContent(
        sender=_sender(account, order),
        recipient=_party(content.recipient.address),
        order_identifier=order.identifier,
        order_reference=order.reference,
        date=content.order_date,
        lines=tuple(DespatchLine(line.sku, line.name, line.quantity, line.unit_value) for line in content.lines),
        currency_code=content.currency_code,
        subtotal=content.subtotal,
        shipping=content.shipping_cost_charged,
        total=content.total,
        service_name=service.name if service else None,
        tracking_number=order.tracking_number,
        instructions=content.special_instructions,
    )


def manifest_row(order: Order) -> ManifestRow:
    """Answer what a manifest says about an order whose label is generated."""
    address = order.content.recipient.address
    return ManifestRow(
        order_identifier=order.identifier,
        reference=order.reference,
        recipient_name=(address.full_name or address.company_name) if address else None,
        postcode=address.postcode if address else None,
        service_code=order.content.postage.service_code or "",
        tracking_number=order.tracking_number or "",
    )


def manifest_content(account: Account, manifest: Manifest) -> ManifestContent:
    """Answer what a manifest says."""
    return ManifestContent(
        account_name=account.name,
        carrier_name=manifest.carrier_name,
        manifest_number=manifest.number,
        created=manifest.created_on,
        rows=manifest.rows,
    )


def return_label(item: Return) -> ReturnLabelContent:
    """Answer the label with which a customer sends an item back."""
    return ReturnLabelContent(
        sender=_return_party(item.content.customer),
        recipient=_return_party(item.content.shop),
        service_code=item.content.service_code,
        service_name=RETURN_SERVICES[item.content.service_code].name,
        tracking_number=item.tracking_number,
        unique_item_id=item.unique_item_id,
        reference=item.content.reference,
    )


def _customs_form(order: Order) -> Literal["CN22", "CN23"]:
    return "CN22" if order.content.subtotal <= CN22_LIMIT else "CN23"


def _label(account: Account, order: Order, position: int) -> LabelContent:
    service = SERVICES[order.content.postage.service_code or ""]
    packages = order.content.packages
    return LabelContent(
        sender=_sender(account, order),
        recipient=_party(order.content.recipient.address),
        service_code=service.code,
        service_name=service.name,
        tracking_number=order.tracking_numbers[position],
        order_identifier=order.identifier,
        order_reference=order.reference,
        weight_in_grams=packages[position].weight_in_grams if packages else 0,
        instructions=order.content.postage.safe_place or order.content.special_instructions,
        date=order.printed_on or order.created_on,
    )


def _returns_label(account: Account, order: Order, position: int) -> ReturnLabelContent:
    number = order.tracking_numbers[position]
    return ReturnLabelContent(
        sender=_party(order.content.recipient.address),
        recipient=_sender(account, order),
        service_code=DEFAULT_RETURN_SERVICE.code,
        service_name=DEFAULT_RETURN_SERVICE.name,
        tracking_number=number,
        unique_item_id=unique_item_id(int("".join(filter(str.isdigit, number)))),
        reference=order.reference,
    )


def _sender(account: Account, order: Order) -> Party:
    name = order.content.sender.trading_name or account.name
    return Party(name=None, company=name, lines=(), city=None, county=None, postcode=None, country_code="GB")


def _party(address: Address | None) -> Party:
    address = address or Address(address_line1="", city="", country_code="GB")
    lines = (address.address_line1, address.address_line2, address.address_line3)
    return Party(
        name=address.full_name,
        company=address.company_name,
        lines=tuple(line for line in lines if line),
        city=address.city,
        county=address.county,
        postcode=address.postcode,
        country_code=address.country_code,
    )


def _return_party(address: ReturnAddress) -> Party:
    lines = (address.address_line1, address.address_line2, address.address_line3)
    names = (address.title, address.first_name, address.last_name)
    return Party(
        name=" ".join(name for name in names if name),
        company=address.company_name,
        lines=tuple(line for line in lines if line),
        city=address.city,
        county=address.county,
        postcode=address.postcode,
        country_code=address.country_iso_code,
    )
