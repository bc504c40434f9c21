"""What is told of an order: in a letter to whom its tenant named, and to the account's webhooks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from clickdrop.domain.content import NotificationsTo
from clickdrop.domain.errors import InvalidRequest
from clickdrop.domain.orders import OrderStatus
from clickdrop.domain.tariff import SERVICES
from clickdrop.domain.users import checked_email

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order


class Event(StrEnum):
    """What has happened, by the name that webhooks are told."""

    ORDER_CREATED = "order.created"
    LABEL_GENERATED = "label.generated"
    ORDER_DESPATCHED = "order.despatched"


class NoticeKind(StrEnum):
    """How it is told."""

    LETTER = "letter"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of an order as it was when it happened, which is nothing of who receives it.

    `to` is an e-mail address or the identifier of a webhook.
    """

    to: str
    event: Event
    at: datetime
    order_identifier: int
    order_reference: str | None
    status: OrderStatus
    service: str | None
    tracking_numbers: tuple[str, ...]


_WORDS: Mapping[Event, tuple[str, str]] = {
    Event.LABEL_GENERATED: ("A label for your order", "has printed the label of"),
    Event.ORDER_DESPATCHED: ("Your order is on its way", "has despatched"),
}
"""The subject of a letter, and what its shop has done."""


def notice_of(event: Event, order: Order, to: str, at: datetime) -> Notice:
    """Answer what is told of an order."""
    numbers, courier = order.tracking_numbers, order.other_courier
    if courier is not None:
        service = courier.service
        numbers = (courier.tracking_number,) if courier.tracking_number else ()
    else:
        known = SERVICES.get(order.content.postage.service_code or "")
        service = known.name if known else None
    return Notice(to, event, at, order.identifier, order.reference, order.status, service, numbers)


def addressee(event: Event, content: OrderContent) -> str | None:
    """Answer the e-mail address that a letter about the event goes to; `None` if none is wanted, or none is named."""
    if event not in _WORDS or not content.postage.receive_email_notification:
        return None
    match content.postage.send_notifications_to:
        case NotificationsTo.SENDER:
            given = content.sender.email_address
        case NotificationsTo.BILLING:
            given = content.billing.email_address
        case _:
            given = content.recipient.email_address
    try:
        return checked_email(given or "")
    except InvalidRequest:
        return None


def letter(notice: Notice, shop: str, tracking: str) -> tuple[str, str]:
    """Write subject and text; `tracking` is where anybody finds a parcel, up to its number."""
    subject, has_done = _WORDS[notice.event]
    lines = [f"{_line(shop)} {has_done} order {_line(notice.order_reference or str(notice.order_identifier))}.", ""]
    if notice.service:
        lines.append(f"Service: {_line(notice.service)}")
    for number in notice.tracking_numbers:
        lines.append(f"Tracking number: {_line(number)}")
        if notice.status is not OrderStatus.DESPATCHED_BY_OTHER_COURIER:  # whose numbers may be anybody's here
            lines.append(tracking + number)
    return subject, "\n".join(lines).rstrip() + "\n"


def payload(notice: Notice) -> bytes:
    """Write what a webhook is told, the same in every attempt."""
    told = {
        "type": notice.event,
        "timestamp": notice.at.isoformat(),
        "data": {
            "orderIdentifier": notice.order_identifier,
            "orderReference": notice.order_reference,
            "status": notice.status,
            "service": notice.service,
            "trackingNumbers": notice.tracking_numbers,
        },
    }
    return json.dumps(told).encode()


def _line(text: str) -> str:
    """Answer a tenant's text as part of one line, so that it can't go on as a letter of its own."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
