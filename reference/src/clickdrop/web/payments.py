"""Pages that sell postage: the basket, payments and their papers, refunds."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Literal

from clickdrop.api.responses import pdf
from clickdrop.domain.checkouts import CURRENCY, Checkout, CheckoutRequest, CheckoutStatus, total
from clickdrop.domain.errors import Conflict, InvalidRequest
from clickdrop.domain.identifiers import integer_of
from clickdrop.domain.users import Permission
from clickdrop.web.admission import Form, asked, member_page, platform_of, ticked, uuid_of
from clickdrop.web.pages import go, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.domain.users import Member

SHOWN_MAX = 50
"""So many orders the basket's form has."""
CARDS: Mapping[str, str] = {
    "tok_visa": "Visa, for tests",
    "tok_mastercard": "Mastercard, for tests",
    "tok_declined": "A card that is declined, for tests",
}
"""What stands in for the provider's own form, which would turn a card into a token."""
PAYMENT_WORDS: Mapping[CheckoutStatus, str] = {
    CheckoutStatus.CHARGING: "Being paid",
    CheckoutStatus.LABELLED: "Paid",
    CheckoutStatus.REFUSED: "Declined",
    CheckoutStatus.REFUNDING: "Being given back",
    CheckoutStatus.REFUNDED: "Given back",
}
_KEY = re.compile("[A-Za-z0-9_-]{16,64}")


async def show_basket(request: Request, member: Member) -> Response:
    """Show what awaits postage."""
    return await _basket(request, member, None)


async def pay(request: Request, member: Member, form: Form) -> Response:
    """Pay for the orders that are ticked. A form that is sent twice pays once: it has the key of its page."""
    member.require(Permission.WRITE)
    orders, card, key = ticked(form), form.get("card", ""), form.get("key", "")
    if not orders or card not in CARDS or not _KEY.fullmatch(key):
        return await _basket(request, member, "Tick the orders to pay for, and choose a card.")
    try:
        checkout = await platform_of(request).till.pay(member, CheckoutRequest(f"page-{key}", orders, card))
    except (InvalidRequest, Conflict) as refused:
        return await _basket(request, member, str(refused))
    if checkout.status is CheckoutStatus.REFUSED:
        return await _basket(request, member, f"Nothing was paid. {checkout.reason or ''}".strip(), status=402)
    return go(f"/postage/payments/{checkout.id}{'?done=paid' if checkout.is_settled else ''}")


async def show_payments(request: Request, member: Member) -> Response:
    """Show a page of the payments."""
    before = integer_of(asked(request, "before"))
    found, next_before = await platform_of(request).till.payments(member, before)
    return page(
        request,
        "payments.html",
        member,
        payments=found,
        next_before=next_before,
        words=PAYMENT_WORDS,
        currency=CURRENCY,
    )


async def show_payment(request: Request, member: Member) -> Response:
    """Show a payment."""
    return _payment(request, member, await platform_of(request).till.payment(member, uuid_of(request)))


async def print_receipt(request: Request, member: Member) -> Response:
    """Print a payment's receipt."""
    return await _paper(request, member, "Receipt")


async def print_invoice(request: Request, member: Member) -> Response:
    """Print a payment's invoice."""
    return await _paper(request, member, "Invoice")


async def print_labels(request: Request, member: Member) -> Response:
    """Print the labels of a payment in one file, with the customs declarations that go with them."""
    return pdf(await platform_of(request).till.labels(member, uuid_of(request)), "labels.pdf")


async def refund(request: Request, member: Member, _form: Form) -> Response:
    """Have a payment given back."""
    checkout_id = uuid_of(request)
    till = platform_of(request).till
    try:
        checkout = await till.refund(member, checkout_id)
    except InvalidRequest as refused:
        return _payment(request, member, await till.payment(member, checkout_id), str(refused))
    return go(f"/postage/payments/{checkout.id}{'?done=refunded' if checkout.is_settled else ''}")


async def _basket(request: Request, member: Member, fault: str | None, *, status: int = 400) -> Response:
    lines = await platform_of(request).till.basket(member, SHOWN_MAX)
    return page(
        request,
        "postage.html",
        member,
        status=status if fault else 200,
        lines=lines,
        total=total(lines),
        currency=CURRENCY,
        only=asked(request, "order"),
        cards=CARDS,
        key=secrets.token_urlsafe(24),
        fault=fault,
    )


def _payment(request: Request, member: Member, checkout: Checkout, fault: str | None = None) -> Response:
    return page(
        request,
        "payment.html",
        member,
        status=400 if fault else 200,
        checkout=checkout,
        words=PAYMENT_WORDS,
        currency=CURRENCY,
        fault=fault,
    )


async def _paper(request: Request, member: Member, kind: Literal["Receipt", "Invoice"]) -> Response:
    content = await platform_of(request).till.paper(member, uuid_of(request), kind)
    return pdf(content, f"{kind.lower()}.pdf")


ROUTES = (
    member_page("/postage", show_basket, pay),
    member_page("/postage/payments", show_payments),
    member_page("/postage/payments/{id}", show_payment),
    member_page("/postage/payments/{id}/receipt", print_receipt),
    member_page("/postage/payments/{id}/invoice", print_invoice),
    member_page("/postage/payments/{id}/labels", print_labels),
    member_page("/postage/payments/{id}/refund", submit=refund),
)
