"""Comma-separated values, or separated by semicolons or tabs: by declared type, since any text looks like it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from partywall import places
from partywall.decode import charsets
from partywall.decode.limits import BoundHitError
from partywall.decode.parts import Format, NotThisFormatError, Shown, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Body, Part

_KINDS = frozenset({"text/csv", "application/csv", "text/tab-separated-values", "application/vnd.ms-excel"})


def _fits(body: Body, head: bytes) -> bool:
    return media(body) in _KINDS and b"\0" not in head


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Each field at its row and its column's heading, the first row the headings."""
    text = charsets.text(body.data, body.kind)
    if len(text) > budget.limits.tree_bytes:
        raise BoundHitError(f"a table of over {budget.limits.tree_bytes} bytes")
    first = text.partition("\n")[0]
    headings: list[str] = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))):
            headings = headings or row
            for column, field in enumerate(row):
                heading = headings[column] if column < len(headings) else str(column)
                if field:
                    yield Shown(f"/{number}/{places.escape(heading[:60])}", field)
    except csv.Error as error:
        raise NotThisFormatError(str(error)) from error


CSV = Format("csv", _fits, _read)
