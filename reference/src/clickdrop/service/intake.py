"""Taking orders in: what an account may send, and what the platform fills in from what it knows of the account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from clickdrop.domain.content import Product
from clickdrop.domain.tariff import MAX_WEIGHT_IN_GRAMS, SERVICES, is_domestic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.content import Line, OrderContent, Package, Recipient
    from clickdrop.domain.ports.storage import UnitOfWork


class ItemErrorCode(IntEnum):
    """Why an order of a batch is refused, as a number on the wire."""

    DUPLICATE_REFERENCE = 1
    UNKNOWN_SERVICE = 2
    SERVICE_NOT_AVAILABLE = 3
    RECIPIENT_MISSING = 4
    UNKNOWN_CONTACT = 5
    INCOMPLETE_LINE = 6
    UNKNOWN_PRODUCT = 7
    UNKNOWN_PACKAGE_FORMAT = 8
    TOO_HEAVY = 9


@dataclass(frozen=True, slots=True)
class ItemFault:
    """Why an order of a batch is refused: the field at fault, and what the tenant put there."""

    code: ItemErrorCode
    message: str
    field: str
    value: str | None = None


class ItemRefused(Exception):
    """An order of a batch that is refused; the others are not affected."""

    def __init__(self, *faults: ItemFault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


async def complete(work: UnitOfWork, account: Account, content: OrderContent) -> OrderContent:
    """Fill in what the account has saved (an address by its reference, products by their SKU).

    Raises `ItemRefused` with everything that is wrong with the order.
    """
    faults: list[ItemFault] = []
    recipient = await _recipient(work, account, content.recipient, faults)
    known = await work.catalogue.products(account.id, [line.sku for line in content.lines if line.sku])
    packages = tuple(
        replace(package, contents=tuple(_line(line, known.get(line.sku or ""), faults) for line in package.contents))
        if package.contents is not None
        else package
        for package in content.packages
    )
    content = replace(content, recipient=recipient, packages=packages)
    faults.extend(_postage_faults(account, content))
    for package in packages:
        faults.extend(_package_faults(account, package))
    if faults:
        raise ItemRefused(*faults)
    return content


async def remember(work: UnitOfWork, account: Account, content: OrderContent) -> None:
    """Save the address and the products of an order that asks for it by naming them."""
    recipient = content.recipient
    if recipient.address_book_reference is not None and recipient.address is not None:
        await work.catalogue.save_contact(account.id, recipient.address_book_reference, recipient)
    products = {line.sku: line for line in content.lines if line.sku}
    await work.catalogue.save_products(account.id, products.values())


def duplicate_reference(content: OrderContent) -> ItemRefused:
    """Say that one of the account's orders has this reference already."""
    message = "An order with this order reference exists already."
    reference = content.order_reference
    return ItemRefused(ItemFault(ItemErrorCode.DUPLICATE_REFERENCE, message, "orderReference", reference))


async def _recipient(work: UnitOfWork, account: Account, recipient: Recipient, faults: list[ItemFault]) -> Recipient:
    if recipient.address is not None:
        return recipient
    reference = recipient.address_book_reference
    if reference is None:
        message = "Either recipient.address or recipient.addressBookReference must be given."
        faults.append(ItemFault(ItemErrorCode.RECIPIENT_MISSING, message, "recipient"))
        return recipient
    entry = await work.catalogue.contact(account.id, reference)
    if entry is None:
        message = "The address book has no entry with this reference."
        field = "recipient.addressBookReference"
        faults.append(ItemFault(ItemErrorCode.UNKNOWN_CONTACT, message, field, reference))
        return recipient
    contact = entry.contact
    return replace(
        recipient,
        address=contact.address,
        phone_number=recipient.phone_number or contact.phone_number,
        email_address=recipient.email_address or contact.email_address,
    )


def _line(line: Line, known: Product | None, faults: list[ItemFault]) -> Line:
    if line.unit_value is not None and line.unit_weight_in_grams is not None:
        return line
    details = (line.name, line.unit_value, line.unit_weight_in_grams, line.customs_description, line.customs_code)
    if line.sku is None or any(detail is not None for detail in details):
        message = "A line needs unitValue and unitWeightInGrams, or a SKU alone to be taken from the products."
        faults.append(ItemFault(ItemErrorCode.INCOMPLETE_LINE, message, "packages.contents", line.sku))
        return line
    if known is None:
        message = "There is no product with this SKU."
        faults.append(ItemFault(ItemErrorCode.UNKNOWN_PRODUCT, message, "packages.contents.SKU", line.sku))
        return line
    names = Product.__dataclass_fields__
    return replace(line, **{name: getattr(known, name) for name in names})


def _postage_faults(account: Account, content: OrderContent) -> Iterator[ItemFault]:
    code = content.postage.service_code
    if code is None:
        return
    field = "postageDetails.serviceCode"
    service = SERVICES.get(code)
    if service is None:
        yield ItemFault(ItemErrorCode.UNKNOWN_SERVICE, "There is no service with this code.", field, code)
    elif service.kind is not account.kind:
        message = f"The service is not available to {account.kind} accounts."
        yield ItemFault(ItemErrorCode.SERVICE_NOT_AVAILABLE, message, field, code)
    elif (address := content.recipient.address) and service.domestic != is_domestic(address.country_code):
        message = "The service does not go to the recipient's country."
        yield ItemFault(ItemErrorCode.SERVICE_NOT_AVAILABLE, message, field, code)


def _package_faults(account: Account, package: Package) -> Iterator[ItemFault]:
    name = package.package_format_identifier
    limit = MAX_WEIGHT_IN_GRAMS.get(name)
    if limit is None:
        if not account.channel_shipper:
            message = "There is no package format of this name."
            field = "packages.packageFormatIdentifier"
            yield ItemFault(ItemErrorCode.UNKNOWN_PACKAGE_FORMAT, message, field, name)
    elif package.weight_in_grams > limit:
        message = f"An item of format {name} weighs at most {limit} grams."
        value = str(package.weight_in_grams)
        yield ItemFault(ItemErrorCode.TOO_HEAVY, message, "packages.weightInGrams", value)
