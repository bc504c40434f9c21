"""Texts in tables that a spreadsheet would take for formulas."""

from __future__ import annotations

import re

# An apostrophe in front counts, so that what is neutralised can be told from what was so.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def neutralised(cell: str) -> str:
    """Answer a cell that a spreadsheet takes for text: a formula gets an apostrophe."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """Answer what was written as a neutralised cell."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell
