"""An order in full, as `/orders/full` and `/orders/{orderIdentifiers}/full` show it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from clickdrop.api.wire.base import Amount, ResponseModel
from clickdrop.api.wire.orders_out import CreatePackagesResponse, packages
from clickdrop.domain.tariff import SERVICES

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.content import Contact, Line, OrderContent
    from clickdrop.domain.orders import Order

_CHANNEL = "API"


class GetPostalDetailsResult(ResponseModel):
    """Who and where somebody is."""

    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    city: str | None = None
    county: str | None = None
    postcode: str | None = None
    country_code: str | None = None
    phone_number: str | None = None
    email_address: str | None = None


class GetShippingDetailsResult(ResponseModel):
    """How an order travels."""

    shipping_cost: Amount
    tracking_number: str | None = None
    shipping_tracking_status: str | None = None
    service_code: str | None = None
    shipping_service: str | None = None
    shipping_carrier: str | None = None
    receive_email_notification: bool | None = None
    receive_sms_notification: bool | None = None
    guaranteed_saturday_delivery: bool | None = None
    request_signature_upon_delivery: bool | None = None
    is_local_collect: bool | None = None
    shipping_update_success_date: datetime | None = None
    packages: list[CreatePackagesResponse] | None = None


class GetOrderLineResult(ResponseModel):
    """One line of an order."""

    sku: str | None = Field(default=None, serialization_alias="SKU")
    name: str | None = None
    quantity: int
    unit_value: Amount | None = None
    line_total: Amount | None = None
    customs_code: str | None = None


class GetTagDetailsResult(ResponseModel):
    """A note of the tenant's own."""

    key: str | None = None
    value: str | None = None


class GetOrderDetailsResource(ResponseModel):
    """An order in full."""

    order_identifier: int | None = None
    order_status: str | None = None
    created_on: datetime | None = None
    printed_on: datetime | None = None
    shipped_on: datetime | None = None
    postage_applied_on: datetime | None = None
    manifested_on: datetime | None = None
    order_date: datetime | None = None
    despatched_by_other_courier_on: datetime | None = None
    trading_name: str | None = None
    channel: str | None = None
    marketplace_type_name: str | None = None
    department: str | None = None
    air_number: str | None = Field(default=None, serialization_alias="AIRNumber")
    requires_export_license: bool | None = None
    commercial_invoice_number: str | None = None
    commercial_invoice_date: datetime | None = None
    order_reference: str | None = None
    channel_shipping_method: str | None = None
    special_instructions: str | None = None
    picker_special_instructions: str | None = None
    subtotal: Amount
    shipping_cost_charged: Amount
    order_discount: Amount
    total: Amount
    weight_in_grams: int
    package_size: str | None = None
    account_batch_number: str | None = None
    currency_code: str | None = None
    shipping_details: GetShippingDetailsResult
    shipping_info: GetPostalDetailsResult
    billing_info: GetPostalDetailsResult
    order_lines: list[GetOrderLineResult]
    tags: list[GetTagDetailsResult] | None = None


class GetOrdersDetailsResponse(ResponseModel):
    """A page of orders in full."""

    orders: list[GetOrderDetailsResource]
    continuation_token: str | None = None


def order_details(account: Account, order: Order) -> GetOrderDetailsResource:
    """Show an order of the account's in full."""
    content = order.content
    postage = content.postage
    courier = order.other_courier
    billed = content.billing if content.billing.address is not None else content.recipient
    return GetOrderDetailsResource(
        order_identifier=order.identifier,
        order_status=order.status,
        created_on=order.created_on,
        printed_on=order.printed_on,
        shipped_on=order.shipped_on,
        postage_applied_on=order.printed_on,
        manifested_on=order.manifested_on,
        order_date=content.order_date,
        despatched_by_other_courier_on=courier.despatched_on if courier else None,
        trading_name=content.sender.trading_name or account.name,
        channel=_CHANNEL,
        department=postage.department,
        air_number=postage.air_number,
        requires_export_license=postage.requires_export_license,
        commercial_invoice_number=postage.commercial_invoice_number,
        commercial_invoice_date=postage.commercial_invoice_date,
        order_reference=order.reference,
        special_instructions=content.special_instructions,
        subtotal=content.subtotal,
        shipping_cost_charged=content.shipping_cost_charged,
        order_discount=Decimal(0),
        total=content.total,
        weight_in_grams=content.weight_in_grams,
        package_size=content.packages[0].package_format_identifier if content.packages else None,
        currency_code=content.currency_code,
        shipping_details=_shipping(order),
        shipping_info=_postal(content.recipient),
        billing_info=_postal(billed, content.billing),
        order_lines=[_line(line) for line in content.lines],
        tags=_tags(content),
    )


def _shipping(order: Order) -> GetShippingDetailsResult:
    postage = order.content.postage
    service = SERVICES.get(postage.service_code or "")
    courier = order.other_courier
    return GetShippingDetailsResult(
        shipping_cost=service.price if service else Decimal(0),
        tracking_number=order.tracking_number,
        service_code=postage.service_code,
        shipping_service=courier.service if courier else service.name if service else None,
        shipping_carrier=courier.carrier if courier else postage.carrier_name,
        receive_email_notification=postage.receive_email_notification,
        receive_sms_notification=postage.receive_sms_notification,
        guaranteed_saturday_delivery=postage.guaranteed_saturday_delivery,
        request_signature_upon_delivery=postage.request_signature_upon_delivery,
        is_local_collect=postage.is_local_collect,
        packages=packages(order),
    )


def _postal(contact: Contact, reached_by: Contact | None = None) -> GetPostalDetailsResult:
    """Show a contact; how to reach them may be another's, where only that was sent."""
    address = contact.address
    first, _, last = (address.full_name or "").partition(" ") if address else ("", "", "")
    return GetPostalDetailsResult(
        first_name=first or None,
        last_name=last or None,
        company_name=address.company_name if address else None,
        address_line1=address.address_line1 if address else None,
        address_line2=address.address_line2 if address else None,
        address_line3=address.address_line3 if address else None,
        city=address.city if address else None,
        county=address.county if address else None,
        postcode=address.postcode if address else None,
        country_code=address.country_code if address else None,
        phone_number=(reached_by and reached_by.phone_number) or contact.phone_number,
        email_address=(reached_by and reached_by.email_address) or contact.email_address,
    )


def _line(line: Line) -> GetOrderLineResult:
    return GetOrderLineResult(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_value=line.unit_value,
        line_total=line.unit_value * line.quantity if line.unit_value is not None else None,
        customs_code=line.customs_code,
    )


def _tags(content: OrderContent) -> list[GetTagDetailsResult] | None:
    return [GetTagDetailsResult(key=tag.key, value=tag.value) for tag in content.tags] or None
