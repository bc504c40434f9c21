"""Requests about orders."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from clickdrop.api.wire.base import CustomsDuty, Instant, Money, RequestModel, Whole, text
from clickdrop.domain.content import OrderContent
from clickdrop.domain.printing import LabelOptions
from clickdrop.service.orders import LabelWish, NewOrder
from clickdrop.service.statuses import SettableStatus, StatusChange

MAX_ITEMS = 100

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1), Whole]
Loss = Annotated[int, Field(ge=0, le=10_000), Whole]
PackageWeight = Annotated[int, Field(ge=1, le=30_000), Whole]
Quantity = Annotated[int, Field(ge=1, le=999_999), Whole]
Weight = Annotated[int, Field(ge=0, le=999_999), Whole]

CustomsCategory = Literal[
    "none",
    "gift",
    "commercialSample",
    "documents",
    "other",
    "returnedGoods",
    "saleOfGoods",
    "mixedContent",
    "commercialSaleOfGoods",
    "eCommerceSaleOfGoods",
]


class AddressRequest(RequestModel):
    """Where somebody is."""

    full_name: str | None = text(210)
    company_name: str | None = text(100)
    address_line1: str = Field(max_length=100)
    address_line2: str | None = text(100)
    address_line3: str | None = text(100)
    city: str = Field(max_length=100)
    county: str | None = text(100)
    postcode: str | None = text(20)
    country_code: str = Field(max_length=3)


class RecipientDetailsRequest(RequestModel):
    """Who receives an order."""

    address: AddressRequest | None = None
    phone_number: str | None = text(25)
    email_address: str | None = text(254)
    address_book_reference: str | None = text(100)


class SenderDetailsRequest(RequestModel):
    """What the recipient is told about the sender."""

    trading_name: str | None = text(250)
    phone_number: str | None = text(25)
    email_address: str | None = text(254)


class BillingDetailsRequest(RequestModel):
    """Who pays for an order."""

    address: AddressRequest | None = None
    phone_number: str | None = text(25)
    email_address: str | None = text(254)


class DimensionsRequest(RequestModel):
    """The outer measures of a package."""

    height_in_mms: Int32
    width_in_mms: Int32
    depth_in_mms: Int32


class ProductItemRequest(RequestModel):
    """One line of a package's contents."""

    name: str | None = text(800)
    sku: str | None = text(100, alias="SKU")
    reference_id: str | None = text(50, alias="ReferenceId")
    contents_piece_url: str | None = text(250, alias="ContentsPieceURL")
    quantity: Quantity
    unit_value: Money | None = None
    unit_weight_in_grams: Weight | None = None
    customs_description: str | None = text(50)
    extended_customs_description: str | None = text(300)
    customs_code: str | None = text(10)
    origin_country_code: str | None = text(3)
    customs_declaration_category: CustomsCategory | None = None
    requires_export_licence: bool | None = None
    stock_location: str | None = text(50)
    use_origin_preference: bool | None = None
    supplementary_units: str | None = text(17)
    license_number: str | None = text(41)
    certificate_number: str | None = text(41)


class ShipmentPackageRequest(RequestModel):
    """One item that travels."""

    weight_in_grams: PackageWeight
    package_format_identifier: str
    custom_package_format_identifier: str | None = None
    dimensions: DimensionsRequest | None = None
    contents: list[ProductItemRequest] | None = None


class PostageDetailsRequest(RequestModel):
    """How an order is to travel."""

    send_notifications_to: Literal["sender", "recipient", "billing"] | None = None
    service_code: str | None = text(10)
    carrier_name: str | None = text(50)
    service_register_code: str | None = text(2)
    consequential_loss: Loss | None = None
    receive_email_notification: bool | None = None
    receive_sms_notification: bool | None = None
    guaranteed_saturday_delivery: bool | None = None
    request_signature_upon_delivery: bool | None = None
    is_local_collect: bool | None = None
    safe_place: str | None = text(90)
    department: str | None = text(150)
    air_number: str | None = text(50, alias="AIRNumber")
    ioss_number: str | None = text(50, alias="IOSSNumber")
    requires_export_license: bool | None = None
    commercial_invoice_number: str | None = text(35)
    commercial_invoice_date: Instant | None = None
    recipient_eori_number: str | None = None


class TagRequest(RequestModel):
    """A note of the tenant's own."""

    key: str | None = text(100)
    value: str | None = text(100)


class LabelGenerationRequest(RequestModel):
    """The label that is wanted along with a new order."""

    include_label_in_response: bool
    include_cn: bool | None = Field(default=None, alias="includeCN")
    include_returns_label: bool | None = None


class Importer(RequestModel):
    """Who imports an order into its country."""

    company_name: str | None = text(100)
    address_line1: str | None = text(100)
    address_line2: str | None = text(100)
    address_line3: str | None = text(100)
    city: str | None = text(100)
    postcode: str | None = text(20)
    country: str | None = text(100)
    business_name: str | None = text(100)
    contact_name: str | None = text(100)
    phone_number: str | None = text(25)
    email_address: str | None = text(254)
    vat_number: str | None = text(15)
    tax_code: str | None = text(25)
    eori_number: str | None = text(18)
    is_a_business: bool | None = Field(default=None, alias="isABusiness")


class CreateOrderRequest(RequestModel):
    """An order to be made."""

    order_reference: str | None = text(40)
    is_recipient_a_business: bool | None = Field(default=None, alias="isRecipientABusiness")
    recipient: RecipientDetailsRequest
    sender: SenderDetailsRequest | None = None
    billing: BillingDetailsRequest | None = None
    packages: list[ShipmentPackageRequest] | None = None
    order_date: Instant
    planned_despatch_date: Instant | None = None
    special_instructions: str | None = text(500)
    subtotal: Money
    shipping_cost_charged: Money
    other_costs: Money | None = None
    customs_duty_costs: CustomsDuty | None = None
    total: Money
    currency_code: str | None = text(3)
    delivery_term: str | None = text(20)
    postage_details: PostageDetailsRequest | None = None
    tags: list[TagRequest] | None = None
    label: LabelGenerationRequest | None = None
    order_tax: Money | None = None
    contains_dangerous_goods: bool | None = None
    dangerous_goods_un_code: str | None = text(4)
    dangerous_goods_description: float | None = None
    dangerous_goods_quantity: float | None = None
    importer: Importer | None = None


class CreateOrdersRequest(RequestModel):
    """A batch of orders to be made."""

    items: list[CreateOrderRequest] = Field(min_length=1, max_length=MAX_ITEMS)


class UpdateOrderStatusRequest(RequestModel):
    """What is to become of one order, named by its identifier or by its reference."""

    order_identifier: Int32 | None = None
    order_reference: str | None = None
    status: Literal["new", "despatchedByOtherCourier", "despatched"] | None = None
    tracking_number: str | None = None
    despatch_date: Instant | None = None
    shipping_carrier: str | None = None
    shipping_service: str | None = None


class UpdateOrdersStatusRequest(RequestModel):
    """A batch of orders and what is to become of them."""

    items: list[UpdateOrderStatusRequest] = Field(min_length=1, max_length=MAX_ITEMS)


_CONTENT: TypeAdapter[OrderContent] = TypeAdapter(OrderContent)


def new_order(request: CreateOrderRequest) -> NewOrder:
    """Answer the order to be made; an empty reference is none."""
    sent = request.model_dump(exclude_none=True)
    sent["postage"] = sent.pop("postage_details", {})
    sent["order_reference"] = sent.get("order_reference") or None
    label = request.label
    wish = None
    if label is not None:
        options = LabelOptions(returns_label=bool(label.include_returns_label), customs=label.include_cn)
        wish = LabelWish(label.include_label_in_response, options)
    return NewOrder(_CONTENT.validate_python(sent), wish)


def status_change(request: UpdateOrderStatusRequest) -> StatusChange:
    """Answer what is to become of an order."""
    sent = request.model_dump()
    sent["status"] = SettableStatus(request.status) if request.status is not None else None
    return StatusChange(**sent)
