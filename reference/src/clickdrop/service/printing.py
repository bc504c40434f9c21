"""Generating labels, and printing them and the papers that go with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from clickdrop.domain import orders as life
from clickdrop.domain import printing
from clickdrop.domain.accounts import AccountKind
from clickdrop.domain.errors import Fault, InvalidRequest
from clickdrop.domain.notices import Event
from clickdrop.domain.orders import OrderStatus
from clickdrop.domain.parcels import new_parcel
from clickdrop.domain.printing import DocumentType, LabelOptions
from clickdrop.domain.tariff import SERVICES, is_domestic
from clickdrop.domain.tracking import tracking_number
from clickdrop.service.notices import announce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Literal

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.documents import Documents
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.storage import UnitOfWork
    from clickdrop.service.cache_keys import CacheKeys
    from clickdrop.service.read_through import ReadThrough


class LabelRefused(Exception):
    """The order cannot have a label."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


async def generate_label(work: UnitOfWork, account: Account, order: Order, now: datetime) -> Order:
    """Answer the order with its label generated, now or earlier; raises `LabelRefused`."""
    if order.tracking_numbers:
        return order
    if account.kind is not AccountKind.OBA:
        raise LabelRefused(_fault(order, "FeatureNotAvailable", "Labels are for OBA accounts only."))
    if order.content.postage.service_code not in SERVICES:
        raise LabelRefused(_fault(order, "ServiceMissing", "A label needs postageDetails.serviceCode on its order."))
    if order.status is OrderStatus.DESPATCHED_BY_OTHER_COURIER:
        raise LabelRefused(_fault(order, "DespatchedByOtherCourier", "The order went by another courier."))
    return await apply_postage(work, account.id, order, now)


async def apply_postage(work: UnitOfWork, account_id: str, order: Order, now: datetime) -> Order:
    """Generate the label of an order that awaits postage and names its service, and answer the order with it."""
    service = SERVICES[order.content.postage.service_code or ""]
    serials = await work.items.add(account_id, order.package_count)
    numbers = [tracking_number(service.tracking_prefix, serial) for serial in serials]
    generated = life.generate_label(order, numbers, now)
    await work.orders.save(account_id, [generated])
    await work.parcels.add(account_id, [new_parcel(number, order.identifier, now) for number in numbers])
    await announce(work, account_id, Event.LABEL_GENERATED, generated, now)
    return generated


class Printer:
    """Prints orders; what was printed is kept."""

    def __init__(self, documents: Documents, kept: ReadThrough, keys: CacheKeys) -> None:
        self._documents = documents
        self._kept = kept
        self._keys = keys

    async def print(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> bytes:
        """Answer one PDF file for all the orders, whose labels are generated unless despatch notes are wanted."""

        async def load() -> bytes:
            return await asyncio.to_thread(self._job(account, orders, options))

        return await self._kept.content(self._keys.labels(account, orders, options), load)

    def _job(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> Callable[[], bytes]:
        match options.document:
            case DocumentType.POSTAGE_LABEL:
                pages = [page for order in orders for page in printing.label_pages(account, order, options)]
                return lambda: self._documents.labels(pages)
            case DocumentType.DESPATCH_NOTE:
                notes = [printing.despatch_note(account, order) for order in orders]
                return lambda: self._documents.despatch_notes(notes)
            case DocumentType.CN22 | DocumentType.CN23:
                form: Literal["CN22", "CN23"] = "CN22" if options.document is DocumentType.CN22 else "CN23"
                declarations = [printing.customs_content(account, order, form) for order in orders]
                return lambda: self._documents.customs_declarations(declarations)


def require_abroad(orders: Sequence[Order]) -> None:
    """Raise `InvalidRequest` for orders that have no customs to declare to."""
    faults = [
        _fault(order, "NoCustomsDeclaration", "An order within the country has no customs declaration.")
        for order in orders
        if order.content.recipient.address is None or is_domestic(order.content.recipient.address.country_code)
    ]
    if faults:
        raise InvalidRequest(*faults)


def _fault(order: Order, code: str, message: str) -> Fault:
    return Fault(code, message, order_identifier=order.identifier, order_reference=order.reference)
