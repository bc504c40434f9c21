"""CSV files of orders: read within bounds, and written so that no spreadsheet takes a text for a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.domain.formulas import neutralised, restored
from clickdrop.web.fields import FIELDS, FieldsRefused, fields_of, order_columns, order_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order

MAX_BYTES = 1024 * 1024
MAX_ROWS = 1000
OWN_COLUMNS = ("identifier", "status", "tracking_number", "created_on")
"""What an export says beyond what an import needs, and an import passes over."""
COLUMNS = (*OWN_COLUMNS, *FIELDS)
FAULTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a line of a file, from 1; of the whole file if there is no line."""

    line: int | None
    field: str
    message: str


class FileRefused(Exception):
    """A file none of whose orders is taken."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Row:
    """An order of a file, and its line."""

    line: int
    content: OrderContent


def read_orders(content: bytes) -> list[Row]:
    """Read a file of orders; raises `FileRefused` with all that is wrong with it."""
    if len(content) > MAX_BYTES:
        raise _refused(f"Expected a file of at most {MAX_BYTES:,} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("Expected a file in UTF-8: save it as “CSV UTF-8”.") from None
    if "\0" in text:
        raise _refused("Expected text, got a file with NUL in it.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        lines = [(reader.line_num, cells) for cells in _bounded(reader) if any(cells)]
    except csv.Error as error:
        raise FileRefused([RowFault(reader.line_num, "", f"This is not CSV: {error}.")]) from None
    if not lines:
        raise _refused("The file has no orders in it.")
    return _rows(header, lines)


def _check_header(header: Sequence[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if not header or unknown:
        came = ", ".join(repr(name[:40]) for name in unknown[:5]) or "nothing"
        raise _refused(f"Expected names of columns in the first line, such as reference or full_name; got {came}.")
    if len(set(header)) < len(header):
        raise _refused("Expected each column once.")


def _bounded(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    for count, cells in enumerate(reader):
        if count >= MAX_ROWS:
            raise _refused(f"Expected at most {MAX_ROWS:,} orders: import in parts.")
        yield cells


def _rows(header: Sequence[str], lines: Iterable[tuple[int, list[str]]]) -> list[Row]:
    rows: list[Row] = []
    faults: list[RowFault] = []
    for line, cells in lines:
        if len(cells) > len(header):
            faults.append(RowFault(line, "", f"Expected {len(header)} columns, got {len(cells)}."))
            continue
        given = {name: restored(cell) for name, cell in zip(header, cells, strict=False)}
        try:
            rows.append(Row(line, order_content(given)))
        except FieldsRefused as refused:
            faults.extend(RowFault(line, name, message) for name, message in refused.faults.items())
    if faults:
        raise FileRefused(faults)
    return rows


def header_line() -> str:
    """Write the names of the columns."""
    return _line(COLUMNS)


def order_line(order: Order) -> str:
    """Write an order."""
    values: Mapping[str, str] = order_columns(order) | fields_of(order.content)
    return _line([neutralised(values[name]) for name in COLUMNS])


def _line(cells: Sequence[str]) -> str:
    output = io.StringIO()
    csv.writer(output).writerow(cells)
    return output.getvalue()


def _refused(message: str) -> FileRefused:
    return FileRefused([RowFault(None, "", message)])
