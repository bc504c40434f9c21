"""Orders as flat fields of text, which forms and CSV files have alike; checked as the API checks its bodies."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from clickdrop.api.wire.orders_in import CreateOrderRequest, new_order
from clickdrop.domain.content import Contact, Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order
    from clickdrop.service.intake import ItemFault

Path: TypeAlias = tuple[str | int, ...]

_ADDRESS = ("recipient", "address")
_LINE = ("packages", 0, "contents", 0)
ADDRESS_FIELDS: Mapping[str, Path] = {
    "full_name": (*_ADDRESS, "fullName"),
    "company_name": (*_ADDRESS, "companyName"),
    "address_line1": (*_ADDRESS, "addressLine1"),
    "address_line2": (*_ADDRESS, "addressLine2"),
    "address_line3": (*_ADDRESS, "addressLine3"),
    "city": (*_ADDRESS, "city"),
    "county": (*_ADDRESS, "county"),
    "postcode": (*_ADDRESS, "postcode"),
    "country_code": (*_ADDRESS, "countryCode"),
    "email": ("recipient", "emailAddress"),
    "phone": ("recipient", "phoneNumber"),
}
LINE_FIELDS: Mapping[str, Path] = {
    "sku": (*_LINE, "SKU"),
    "item_name": (*_LINE, "name"),
    "quantity": (*_LINE, "quantity"),
    "unit_value": (*_LINE, "unitValue"),
    "unit_weight_in_grams": (*_LINE, "unitWeightInGrams"),
}
FIELDS: Mapping[str, Path] = {
    "reference": ("orderReference",),
    "order_date": ("orderDate",),
    "address_book": ("recipient", "addressBookReference"),
    **ADDRESS_FIELDS,
    "weight_in_grams": ("packages", 0, "weightInGrams"),
    "package_format": ("packages", 0, "packageFormatIdentifier"),
    "service_code": ("postageDetails", "serviceCode"),
    "subtotal": ("subtotal",),
    "shipping": ("shippingCostCharged",),
    "total": ("total",),
    "instructions": ("specialInstructions",),
    **LINE_FIELDS,
}
"""The fields by name, and where the API has them."""

_WHOLE = frozenset({"weight_in_grams", "quantity", "unit_weight_in_grams"})
_MONEY = frozenset({"subtotal", "shipping", "total", "unit_value"})
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DEFAULTS = {"subtotal": "0", "shipping": "0", "package_format": "smallParcel"}


class FieldsRefused(Exception):
    """What is wrong, by field; under an empty name what is of no one field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = faults


def order_content(given: Mapping[str, str]) -> OrderContent:
    """Read an order; raises `FieldsRefused`."""
    texts = {name: given.get(name, "").strip() for name in FIELDS}
    texts |= {name: texts[name] or default for name, default in _DEFAULTS.items()}
    faults: dict[str, str] = {}
    values = {name: _value(name, text, faults) for name, text in texts.items() if text}
    if "order_date" not in texts or not texts["order_date"]:
        values["order_date"] = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    if "total" not in values and "subtotal" not in faults and "shipping" not in faults:
        values["total"] = values["subtotal"] + values["shipping"]
    _complete_address(texts, values)
    if any(texts[name] for name in LINE_FIELDS):
        values.setdefault("quantity", 1)
    if not texts["weight_in_grams"] and not any(texts[name] for name in LINE_FIELDS):
        values.pop("package_format", None)
    if faults:
        raise FieldsRefused(faults)
    try:
        return new_order(CreateOrderRequest.model_validate(_nested(values))).content
    except ValidationError as error:
        raise FieldsRefused(_named(error)) from None


def contact_of(given: Mapping[str, str]) -> Contact:
    """Read an entry of the address book; raises `FieldsRefused`."""
    recipient = order_content({name: given.get(name, "") for name in ADDRESS_FIELDS} | {"address_book": ""}).recipient
    return Contact(recipient.address, recipient.phone_number, recipient.email_address)


def changed(before: OrderContent, given: OrderContent) -> OrderContent:
    """Answer the order with what a form changed; what the form has no field for stays as it was."""
    packages = given.packages
    if before.packages:
        first, *others = before.packages
        packages = (_changed_package(first, packages[0]) if packages else first, *others)
    same_day = given.order_date.date() == before.order_date.date()
    return replace(
        before,
        recipient=given.recipient,
        order_reference=given.order_reference,
        order_date=before.order_date if same_day else given.order_date,
        subtotal=given.subtotal,
        shipping_cost_charged=given.shipping_cost_charged,
        total=given.total,
        special_instructions=given.special_instructions,
        packages=packages,
        postage=replace(before.postage, service_code=given.postage.service_code),
    )


def _changed_package(before: Package, given: Package) -> Package:
    contents = given.contents
    if not contents:
        contents = before.contents
    elif before.contents:
        names = ("sku", "name", "quantity", "unit_value", "unit_weight_in_grams")
        line = replace(before.contents[0], **{name: getattr(contents[0], name) for name in names})
        contents = (line, *before.contents[1:])
    return replace(given, contents=contents)


def fields_of(content: OrderContent) -> dict[str, str]:
    """Write an order as fields."""
    package = content.packages[0] if content.packages else None
    line = package.contents[0] if package and package.contents else None
    values: dict[str, Any] = {
        "reference": content.order_reference,
        "order_date": content.order_date.date().isoformat(),
        "address_book": content.recipient.address_book_reference,
        **contact_fields(content.recipient),
        "weight_in_grams": package and package.weight_in_grams,
        "package_format": package and package.package_format_identifier,
        "service_code": content.postage.service_code,
        "subtotal": content.subtotal,
        "shipping": content.shipping_cost_charged,
        "total": content.total,
        "instructions": content.special_instructions,
        "sku": line and line.sku,
        "item_name": line and line.name,
        "quantity": line and line.quantity,
        "unit_value": line and line.unit_value,
        "unit_weight_in_grams": line and line.unit_weight_in_grams,
    }
    return {name: _text(value) for name, value in values.items()}


def contact_fields(contact: Contact) -> dict[str, str]:
    """Write a contact as fields."""
    address = contact.address
    values = {name: getattr(address, name, None) for name in ADDRESS_FIELDS}
    values |= {"email": contact.email_address, "phone": contact.phone_number}
    return {name: value or "" for name, value in values.items()}


def item_faults(faults: Iterable[ItemFault]) -> dict[str, str]:
    """Name the fields that a service found fault with."""
    return {_field_at(tuple(fault.field.split("."))): fault.message for fault in faults}


def order_columns(order: Order) -> dict[str, str]:
    """Answer what is known of an order beyond what its tenant said."""
    return {
        "identifier": str(order.identifier),
        "status": order.status,
        "tracking_number": order.tracking_number or "",
        "created_on": order.created_on.isoformat(timespec="seconds"),
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _value(name: str, text: str, faults: dict[str, str]) -> Any:
    if name == "order_date":
        return f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text
    if name not in _WHOLE | _MONEY:
        return text
    if not _NUMBER.fullmatch(text) or (name in _WHOLE and "." in text):
        faults[name] = f"Expected a {'whole number' if name in _WHOLE else 'number'}, such as 12."
        return None
    return int(text) if name in _WHOLE else Decimal(text)


def _complete_address(texts: Mapping[str, str], values: dict[str, Any]) -> None:
    """Take the address from the address book if there is none, and for one of this country if none is named."""
    given = [name for name in ADDRESS_FIELDS if texts[name] and name not in {"email", "phone", "country_code"}]
    if texts["address_book"] and not given:
        values.pop("country_code", None)
        return
    values.setdefault("country_code", "GB")


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"recipient": {}}
    for name, value in values.items():
        here: Any = body
        path = FIELDS[name]
        for step, following in pairwise(path):
            empty: Any = [] if following == 0 else {}
            if isinstance(step, int):
                if not here:
                    here.append(empty)
                here = here[step]
            else:
                here = here.setdefault(step, empty)
        here[path[-1]] = value
    return body


def _named(error: ValidationError) -> dict[str, str]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    words = {"missing": "Expected something here"}
    return {_field_at(problem["loc"]): f"{words.get(problem['type'], problem['msg'])}." for problem in problems}


def _field_at(path: Path) -> str:
    """Answer the field that the API has at a path, or the first one below it; an empty name if there is none."""
    steps = tuple(step for step in path if not isinstance(step, int))
    for name, place in FIELDS.items():
        if tuple(step for step in place if not isinstance(step, int))[: len(steps)] == steps:
            return name
    return ""
