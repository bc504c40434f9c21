"""Papers about money on A4: the receipt and the invoice of a checkout."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from clickdrop.adapters.documents.papers import page
from clickdrop.adapters.documents.parties import money
from clickdrop.adapters.documents.table import Column, Flow
from clickdrop.adapters.documents.text import BOLD, Paragraph

if TYPE_CHECKING:
    from datetime import datetime

    from clickdrop.adapters.documents.sheet import Sheet
    from clickdrop.domain.documents import PaymentContent

_SIZE: Final = 9.0
_VAT_NOTE: Final = "Postage is exempt from VAT."


def payment(sheet: Sheet, content: PaymentContent) -> None:
    """Add the pages of a receipt or an invoice."""
    next_page = partial(page, sheet, content.kind, f"Number {content.number}")
    flow = Flow(sheet, next_page(), next_page)
    sheet.field(flow.take(34), "Account", content.account_name, 12, BOLD)
    facts = [("Paid", _moment(content.paid)), ("Payment reference", content.payment_reference)]
    if content.refunded is not None:
        facts.append(("Refunded", _moment(content.refunded)))
    for caption, value in facts:
        sheet.field(flow.take(26), caption, value, 10)
    flow.table(
        [
            Column("Order", 12),
            Column("Reference", 20),
            Column("Service", 24),
            Column("Tracking numbers", 20),
            Column("Items", 6, right=True),
            Column(f"Price ({content.currency_code})", 9, right=True),
            Column(f"Total ({content.currency_code})", 9, right=True),
        ],
        (
            (
                str(line.order_identifier),
                line.order_reference,
                line.service_name,
                " ".join(line.tracking_numbers),
                str(line.items),
                money(line.price),
                money(line.amount),
            )
            for line in content.lines
        ),
        _SIZE,
    )
    total = f"Total {money(content.total)} {content.currency_code}"
    sheet.write(flow.take(18), [Paragraph(total, BOLD)], _SIZE + 2, right=True)
    sheet.write(flow.take(14), [Paragraph(_VAT_NOTE)], _SIZE - 1, right=True, grey=True)


def _moment(value: datetime) -> str:
    return f"{value:%d/%m/%Y %H:%M} UTC"
