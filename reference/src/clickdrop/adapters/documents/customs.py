"""Customs declarations: CN22 of a label's size, to stick on the item; CN23 on A4, for a document pouch."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from clickdrop.adapters.documents.parties import address_block, day, money, weight
from clickdrop.adapters.documents.sheet import A4, LABEL, Box, Sheet
from clickdrop.adapters.documents.table import Column, Flow
from clickdrop.adapters.documents.text import BOLD, Paragraph

if TYPE_CHECKING:
    from clickdrop.domain.documents import CustomsContent

_STATEMENT: Final = (
    "The sender declares that these particulars are correct and that the item holds nothing dangerous and "
    "nothing that postal or customs rules forbid."
)


def customs_declaration(sheet: Sheet, content: CustomsContent) -> None:
    """Add the pages of a customs declaration."""
    if content.form == "CN22":
        page, margin, size = LABEL, 12.0, 7.0
    else:
        page, margin, size = A4, 40.0, 9.0
    next_page = partial(_page, sheet, content, page, margin, size)
    flow = Flow(sheet, next_page(), next_page)
    _parties(flow, content, size)
    _facts(flow, content, size)
    flow.table(
        [
            Column("Description of contents", 34),
            Column("Qty", 8, right=True),
            Column(f"Value ({content.currency_code})", 14, right=True),
            Column("Weight", 13, right=True),
            Column("HS code", 18),
            Column("Origin", 11),
        ],
        (
            (
                line.description,
                str(line.quantity),
                money(line.unit_value * line.quantity),
                weight(line.weight_in_grams * line.quantity),
                line.customs_code,
                line.origin_country_code,
            )
            for line in content.lines
        ),
        size,
    )
    _closing(flow, content, size)


def _page(sheet: Sheet, content: CustomsContent, page: tuple[float, float], margin: float, size: float) -> Box:
    sheet.page(page)
    area = Box(margin, margin, page[0] - 2 * margin, page[1] - 2 * margin)
    head = Box(area.left, area.top - size * 4, area.width, size * 4)
    sheet.write(head, [Paragraph("CUSTOMS DECLARATION", BOLD)], size * 2)
    sheet.write(head, [Paragraph(content.form, BOLD)], size * 2.6, right=True)
    sheet.write(
        head._replace(height=size * 1.6),
        [Paragraph("May be opened officially")],
        size,
    )
    sheet.rule(area.left, area.right, head.bottom - 2)
    return area._replace(height=area.height - head.height - 6)


def _parties(flow: Flow, content: CustomsContent, size: float) -> None:
    box = flow.take(size * 13)
    half = box.width / 2 - 4
    label = content.label
    flow.sheet.captioned(box._replace(width=half), "From", address_block(label.sender), size)
    flow.sheet.captioned(box._replace(left=box.left + half + 8, width=half), "To", address_block(label.recipient), size)
    flow.sheet.barcode(flow.take(size * 6), label.tracking_number, size * 1.3)


def _facts(flow: Flow, content: CustomsContent, size: float) -> None:
    label = content.label
    facts = [
        ("Category of item", _words(content.category)),
        ("Order", str(label.order_identifier)),
        ("Order reference", label.order_reference),
        ("Service", f"{label.service_name} ({label.service_code})"),
        ("Sender's customs reference", content.sender_reference),
        ("Importer's reference", content.recipient_reference),
        ("Invoice number", content.invoice_number),
    ]
    given = [(caption, value) for caption, value in facts if value]
    for start in range(0, len(given), 2):
        row = flow.take(size * 3.3)
        box = row._replace(bottom=row.bottom + size * 0.4, height=size * 2.9)
        for place, (caption, value) in enumerate(given[start : start + 2]):
            column = box._replace(left=box.left + place * box.width / 2, width=box.width / 2 - 6)
            flow.sheet.field(column, caption, value, size)


def _closing(flow: Flow, content: CustomsContent, size: float) -> None:
    box = flow.take(size * 9)
    line = box._replace(bottom=box.top - size * 2, height=size * 1.6)
    total = f"Total value {money(content.total)} {content.currency_code}"
    flow.sheet.write(line, [Paragraph(total, BOLD)], size * 1.2)
    flow.sheet.write(
        line,
        [Paragraph(f"Total weight {weight(content.label.weight_in_grams)}", BOLD)],
        size * 1.2,
        right=True,
    )
    flow.sheet.write(box._replace(height=size * 6), [Paragraph(_STATEMENT)], size)
    sender = content.label.sender
    signed = f"{day(content.label.date)}, signed for {sender.name or sender.company or 'the sender'}"
    flow.sheet.write(box._replace(height=size * 2.6), [Paragraph(signed)], size)


def _words(category: str) -> str:
    """Spell a category of the API (`saleOfGoods`) in words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", category).capitalize()
