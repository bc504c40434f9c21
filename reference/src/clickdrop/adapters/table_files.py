"""Tables as files: CSV, and workbooks of Excel's. What a tenant was sent is text, never a formula."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from xlsxwriter import Workbook

from clickdrop.domain.formulas import neutralised
from clickdrop.domain.jobs import JobFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clickdrop.domain.exports import Cell

_AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class TableFiles:
    """The port `TableFiles`."""

    def csv(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        """Write CSV in UTF-8; text that a spreadsheet would take for a formula is quoted with an apostrophe."""
        output = StringIO()
        writer = csv.writer(output)
        writer.writerow(columns)
        writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
        return JobFile("orders.csv", "text/csv; charset=utf-8", output.getvalue().encode())

    def xlsx(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        """Write a workbook of one sheet."""
        output = BytesIO()
        with Workbook(output, {"in_memory": True, **_AS_TEXT}) as workbook:
            sheet = workbook.add_worksheet("Orders")
            sheet.write_row(0, 0, columns)
            for number, row in enumerate(rows, start=1):
                for position, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(number, position, _plain(cell))
        media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return JobFile("orders.xlsx", media_type, output.getvalue())


def _plain(cell: Cell) -> str | int | float:
    match cell:
        case datetime():
            return cell.isoformat(timespec="seconds")
        case Decimal():
            return float(cell)
        case None:
            return ""
        case _:
            return cell


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return neutralised(cell)
    return str(cell) if isinstance(cell, Decimal) else str(_plain(cell))
