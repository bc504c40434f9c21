"""Address blocks, and the other wordings that several documents share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.adapters.documents.text import BOLD, Paragraph

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from clickdrop.domain.documents import Party


def address_block(party: Party) -> list[Paragraph]:
    """Write an address with a line for each of its parts, name and postcode in bold."""
    return [
        Paragraph(party.name or "", BOLD),
        *map(Paragraph, (party.company or "", *party.lines, party.city or "", party.county or "")),
        Paragraph(party.postcode or "", BOLD),
        Paragraph(party.country_code or ""),
    ]


def address_in_one(party: Party) -> Paragraph:
    """Write an address as one paragraph, its parts divided by commas."""
    return Paragraph(", ".join(filter(None, (paragraph.text.strip() for paragraph in address_block(party)))))


def day(moment: datetime) -> str:
    """Write a date the way British labels do, in the moment's own time zone."""
    return f"{moment:%d/%m/%Y}"


def money(amount: Decimal) -> str:
    """Write an amount with two decimals, without its currency."""
    return f"{amount:.2f}"


def weight(grams: int) -> str:
    """Write a weight with its unit."""
    return f"{grams} g"
