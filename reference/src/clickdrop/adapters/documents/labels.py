"""Postage labels and return labels: pages of four by six inches, for a label printer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clickdrop.adapters.documents.parties import address_block, address_in_one, day, weight
from clickdrop.adapters.documents.sheet import LABEL, Box, Sheet
from clickdrop.adapters.documents.text import BOLD, Paragraph

if TYPE_CHECKING:
    from clickdrop.domain.documents import LabelContent, ReturnLabelContent

_LEFT: Final = 12.0
_WIDTH: Final = LABEL[0] - 2 * _LEFT
_MATRIX_MODULE: Final = 1.92
_FACTS_LEFT: Final = 112.0
_FACTS_WIDTH: Final = _LEFT + _WIDTH - _FACTS_LEFT


def postage_label(sheet: Sheet, content: LabelContent) -> None:
    """Add the page of a postage label."""
    _head(sheet, content.service_name, content.service_code, ["POSTAGE", "PAID GB"])
    _codes(sheet, content.tracking_number, str(content.order_identifier))
    half = _FACTS_WIDTH / 2
    sheet.field(Box(_FACTS_LEFT, 346, half - 4, 22), "Weight", weight(content.weight_in_grams), 11, BOLD)
    sheet.field(Box(_FACTS_LEFT + half, 346, half, 22), "Date", day(content.date), 11)
    sheet.field(Box(_FACTS_LEFT, 320, _FACTS_WIDTH, 22), "Order", str(content.order_identifier), 11)
    sheet.field(Box(_FACTS_LEFT, 284, _FACTS_WIDTH, 32), "Reference", content.order_reference, 11)
    sheet.captioned(Box(_LEFT, 94, _WIDTH, 102), "Deliver to", address_block(content.recipient), 12)
    _rule(sheet, 90)
    sheet.field(Box(_LEFT, 50, _WIDTH, 36), "Instructions", content.instructions)
    _rule(sheet, 48)
    sheet.captioned(Box(_LEFT, 8, _WIDTH, 36), "If undelivered, return to", [address_in_one(content.sender)], 8)


def return_label(sheet: Sheet, content: ReturnLabelContent) -> None:
    """Add the page of a return label."""
    _head(sheet, content.service_name, content.service_code, ["RETURN", "PREPAID"])
    _codes(sheet, content.tracking_number, content.unique_item_id)
    sheet.field(Box(_FACTS_LEFT, 330, _FACTS_WIDTH, 38), "Item", content.unique_item_id, 11)
    sheet.field(Box(_FACTS_LEFT, 284, _FACTS_WIDTH, 40), "Reference", content.reference, 11)
    sheet.captioned(Box(_LEFT, 72, _WIDTH, 124), "Return to", address_block(content.recipient), 12)
    _rule(sheet, 68)
    sheet.captioned(Box(_LEFT, 8, _WIDTH, 56), "Sent by", [address_in_one(content.sender)], 9)


def _head(sheet: Sheet, service_name: str, service_code: str, indicia: list[str]) -> None:
    sheet.page(LABEL)
    sheet.write(Box(_LEFT, 393, 180, 28), [Paragraph(service_name, BOLD)], 20)
    sheet.write(Box(_LEFT, 378, 180, 14), [Paragraph(service_code)], 11)
    sheet.frame(Box(200, 379, 76, 42))
    sheet.write(Box(206, 381, 64, 35), [Paragraph(line, BOLD) for line in indicia], 13)
    _rule(sheet, 374)


def _codes(sheet: Sheet, tracking_number: str, item: str) -> None:
    sheet.matrix(_LEFT + 2, 368, _MATRIX_MODULE, f"{tracking_number} {item}")
    _rule(sheet, 279)
    sheet.barcode(Box(0, 205, LABEL[0], 68), tracking_number)
    _rule(sheet, 200)


def _rule(sheet: Sheet, y: float) -> None:
    sheet.rule(_LEFT, _LEFT + _WIDTH, y)
