"""Tables that go on over as many pages as their rows need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from clickdrop.adapters.documents.sheet import Box
from clickdrop.adapters.documents.text import BOLD, LEADING, REGULAR, Block, Paragraph, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from clickdrop.adapters.documents.sheet import Sheet

_GAP: Final = 8.0
_ROW_SPACING: Final = 3.0
_ROW_HEIGHT_MAX: Final = 240.0


class Column(NamedTuple):
    """A column of a table: `share` is its part of the width, relative to the other columns'."""

    title: str
    share: float
    right: bool = False


class Flow:
    """What is left of the page at hand; `next_page` starts a further one and gives its free area."""

    def __init__(self, sheet: Sheet, area: Box, next_page: Callable[[], Box]) -> None:
        """Start in an area of the sheet's page."""
        self.sheet = sheet
        self.area = area
        self._next_page = next_page

    def take(self, height: float) -> Box:
        """Take a box of this height, in points, over the whole width, on a new page if need be."""
        if not self.has(height):
            self.area = self._next_page()
        box = self.area._replace(bottom=self.area.top - height, height=height)
        self.area = self.area._replace(height=self.area.height - height)
        return box

    def has(self, height: float) -> bool:
        """Tell whether the page at hand has a box of this height left."""
        return self.area.height >= height

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | None]], size: float) -> None:
        """Print a table in this font size; a row keeps together, and each page repeats the titles."""
        titles = _Row(columns, [column.title for column in columns], self.area.width, size, BOLD)
        titles.print(self)
        for cells in rows:
            row = _Row(columns, cells, self.area.width, size, REGULAR)
            if not self.has(row.height):
                self.area = self._next_page()
                titles.print(self)
            row.print(self)


class _Row:
    """One row: its cells as blocks of text."""

    def __init__(
        self, columns: Sequence[Column], cells: Sequence[str | None], width: float, size: float, face: str
    ) -> None:
        """Set the cells for a table of this width."""
        shares = sum(column.share for column in columns)
        self._columns = columns
        self._widths = [width * column.share / shares for column in columns]
        self._blocks: list[Block] = [
            fit([Paragraph(cell or "", face)], column_width - _GAP, size, _ROW_HEIGHT_MAX)
            for cell, column_width in zip(cells, self._widths, strict=True)
        ]
        self.height = max([size * LEADING, *(block.height for block in self._blocks)]) + _ROW_SPACING

    def print(self, flow: Flow) -> None:
        """Print the row and the rule below it."""
        box = flow.take(self.height)
        left = box.left
        for column, column_width, block in zip(self._columns, self._widths, self._blocks, strict=True):
            cell = Box(left, box.bottom, column_width - _GAP, box.height)
            flow.sheet.put(cell, block, right=column.right)
            left += column_width
        flow.sheet.rule(box.left, box.right, box.bottom + _ROW_SPACING / 2)
