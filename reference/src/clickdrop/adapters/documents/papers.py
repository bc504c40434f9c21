"""Papers on A4: the despatch note that goes into a parcel, the manifest that goes with a collection."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from clickdrop.adapters.documents.parties import address_block, address_in_one, day, money
from clickdrop.adapters.documents.sheet import A4, Box, Sheet
from clickdrop.adapters.documents.table import Column, Flow
from clickdrop.adapters.documents.text import BOLD, Paragraph

if TYPE_CHECKING:
    from clickdrop.domain.documents import DespatchNoteContent, ManifestContent

_MARGIN: Final = 40.0
_SIZE: Final = 9.0


def despatch_note(sheet: Sheet, content: DespatchNoteContent) -> None:
    """Add the pages of a despatch note."""
    next_page = partial(page, sheet, "Despatch note", f"Order {content.order_identifier}")
    flow = Flow(sheet, next_page(), next_page)
    _note_head(flow, content)
    flow.table(
        [
            Column("SKU", 22),
            Column("Item", 42),
            Column("Quantity", 10, right=True),
            Column(f"Price ({content.currency_code})", 13, right=True),
            Column(f"Total ({content.currency_code})", 13, right=True),
        ],
        (
            (
                line.sku,
                line.name,
                str(line.quantity),
                None if line.unit_value is None else money(line.unit_value),
                None if line.unit_value is None else money(line.unit_value * line.quantity),
            )
            for line in content.lines
        ),
        _SIZE,
    )
    for caption, amount in (
        ("Subtotal", content.subtotal),
        ("Postage", content.shipping),
        ("Total", content.total),
    ):
        text = f"{caption} {money(amount)} {content.currency_code}"
        sheet.write(flow.take(16), [Paragraph(text, BOLD)], _SIZE + 1, right=True)
    if content.instructions:
        sheet.field(flow.take(70), "Instructions", content.instructions, _SIZE)


def manifest(sheet: Sheet, content: ManifestContent) -> None:
    """Add the pages of a manifest."""
    next_page = partial(page, sheet, "Manifest", f"Number {content.manifest_number}")
    flow = Flow(sheet, next_page(), next_page)
    head = flow.take(66)
    column = head._replace(width=head.width / 2 - 10)
    sheet.field(column, "Account", content.account_name, 12, BOLD)
    sheet.field(column._replace(height=24), "Carrier", content.carrier_name, 11)
    sheet.barcode(
        column._replace(left=head.left + head.width / 2, bottom=head.bottom + 6, height=56),
        str(content.manifest_number),
    )
    facts = flow.take(30)
    sheet.field(facts, "Created", f"{content.created:%d/%m/%Y %H:%M}", 11)
    sheet.field(facts._replace(left=facts.left + facts.width / 2), "Items", str(len(content.rows)), 11)
    flow.table(
        [
            Column("Order", 12),
            Column("Reference", 24),
            Column("Recipient", 26),
            Column("Postcode", 11),
            Column("Service", 9),
            Column("Tracking number", 18),
        ],
        (
            (
                str(row.order_identifier),
                row.reference,
                row.recipient_name,
                row.postcode,
                row.service_code,
                row.tracking_number,
            )
            for row in content.rows
        ),
        8,
    )
    _handover(flow, content)


def page(sheet: Sheet, title: str, subject: str) -> Box:
    """Start a page of A4 with a title and a subject, and give its free area."""
    sheet.page(A4)
    area = Box(_MARGIN, _MARGIN, A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN)
    head = area._replace(bottom=area.top - 28, height=28)
    sheet.write(head, [Paragraph(title, BOLD)], 20)
    sheet.write(head, [Paragraph(subject)], 11, right=True)
    sheet.rule(area.left, area.right, head.bottom)
    return area._replace(height=area.height - 36)


def _note_head(flow: Flow, content: DespatchNoteContent) -> None:
    box = flow.take(130)
    half = box.width / 2 - 10
    right = box._replace(left=box.left + half + 20, width=half)
    flow.sheet.captioned(box._replace(width=half), "Deliver to", address_block(content.recipient), 12)
    facts = [
        ("Order", str(content.order_identifier)),
        ("Reference", content.order_reference),
        ("Date", day(content.date)),
        ("Service", content.service_name),
        ("Tracking number", content.tracking_number),
    ]
    for row, (caption, value) in enumerate(fact for fact in facts if fact[1]):
        flow.sheet.field(right._replace(bottom=right.top - 24 * (row + 1), height=23), caption, value, 10)
    flow.sheet.captioned(flow.take(40), "Sent by", [address_in_one(content.sender)], _SIZE)


def _handover(flow: Flow, content: ManifestContent) -> None:
    flow.take(10)
    counts = Counter(row.service_code for row in content.rows)
    flow.table(
        [Column("Service", 1), Column("Items", 1, right=True), Column("", 3)],
        ((code, str(count), None) for code, count in sorted(counts.items())),
        8,
    )
    box = flow.take(60)
    for place, caption in enumerate(("Handed over by", "Collected by", "Date and time")):
        left = box.left + place * box.width / 3
        width = box.width / 3 - 12
        flow.sheet.rule(left, left + width, box.bottom + 14)
        flow.sheet.write(Box(left, box.bottom, width, 10), [Paragraph(caption)], 7, grey=True)
