"""The papers of a checkout: receipt, invoice, labels."""

from __future__ import annotations

import asyncio
from itertools import repeat
from typing import TYPE_CHECKING

from clickdrop.domain.checkouts import CURRENCY
from clickdrop.domain.documents import PaymentContent, PaymentLine
from clickdrop.domain.errors import Fault, InvalidRequest
from clickdrop.domain.printing import LabelOptions

if TYPE_CHECKING:
    from typing import Literal

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.checkouts import Checkout
    from clickdrop.domain.documents import Documents
    from clickdrop.service.checkouts import Checkouts
    from clickdrop.service.printing import Printer


class Receipts:
    """The use cases of what is printed for a checkout."""

    def __init__(self, checkouts: Checkouts, printer: Printer, documents: Documents) -> None:
        self._checkouts = checkouts
        self._printer = printer
        self._documents = documents

    async def print(
        self, account: Account, checkout_id: str, kind: Literal["Receipt", "Invoice"]
    ) -> tuple[bytes, list[int]]:
        """Print the receipt or the invoice of a checkout, and answer which orders it shows beside it.

        Raises `NotFound`, or `InvalidRequest` unless it was paid.
        """
        checkout = await self._checkouts.get(account, checkout_id)
        if checkout.paid_on is None:
            raise InvalidRequest(Fault("NotPaid", f"A checkout that is {checkout.status} has no {kind.lower()}."))
        content = await asyncio.to_thread(self._documents.payment, _content(account, checkout, kind))
        return content, [line.order_identifier for line in checkout.lines]

    async def labels(self, account: Account, checkout_id: str) -> tuple[bytes, list[int]]:
        """Print the labels that a checkout paid for, and answer which orders they show beside them.

        Raises `NotFound` if there is none (any more).
        """
        orders = await self._checkouts.labelled_orders(account, checkout_id)
        content = await self._printer.print(account, orders, LabelOptions())
        return content, [order.identifier for order in orders]


def _content(account: Account, checkout: Checkout, kind: Literal["Receipt", "Invoice"]) -> PaymentContent:
    assert checkout.paid_on is not None, "who calls has looked"
    return PaymentContent(
        kind=kind,
        account_name=account.name,
        number=checkout.number,
        payment_reference=checkout.charge_id or "",
        paid=checkout.paid_on,
        refunded=checkout.refunded_on,
        lines=tuple(
            PaymentLine(
                line.order_identifier,
                line.order_reference,
                line.service_name,
                line.items,
                line.price,
                line.amount,
                numbers,
            )
            for line, numbers in zip(checkout.lines, checkout.tracking_numbers or repeat(()), strict=False)
        ),
        currency_code=CURRENCY,
        total=checkout.total,
    )
