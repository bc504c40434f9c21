"""Orders from files and to files: all of a file or nothing, within bounds, and no formulas."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.web.visitors import shown

if TYPE_CHECKING:
    from tests.clickdrop.web.visitors import Visitor

HEADER = "reference,full_name,address_line1,city,postcode,weight_in_grams,service_code,subtotal"
GOOD = "REF-1,Ada Fenwick,14 Tide Street,Whitby,YO21 3PU,400,TPN24,10.50"
FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example")', "'=1", "''=1"),
    *("＝1+1", "＋1", "－1", "＠SUM(A1)"),
)


def exported(visitor: Visitor) -> list[dict[str, str]]:
    """Answer the rows of an export."""
    answer = visitor.http.get("/orders/export.csv")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_import_and_export(owner: Visitor, other: Visitor) -> None:
    """What was imported is exported again, by its own account alone."""
    second = 'REF-2,"Noor, ""N""\nRahimi",2 Kiln Yard,Stoke,ST1 2AB,99,TPN24,3'
    assert owner.import_orders(f"\ufeff{HEADER}\r\n{GOOD}\r\n{second}\r\n\r\n").status_code == 303
    rows = exported(owner)
    assert [row["reference"] for row in rows] == ["REF-2", "REF-1"]
    assert rows[0]["full_name"] == 'Noor, "N"\nRahimi'
    assert (rows[1]["subtotal"], rows[1]["status"], rows[1]["weight_in_grams"]) == ("10.50", "new", "400")
    assert exported(other) == []


def test_an_export_can_be_imported(owner: Visitor, other: Visitor) -> None:
    """A file that was exported is imported as it is, into another account with the same orders."""
    rows = "\n".join(f'{n},"{formula.replace(chr(34), chr(34) * 2)}",1 St,Town' for n, formula in enumerate(FORMULAS))
    assert owner.import_orders(f"reference,full_name,address_line1,city\n{rows}").status_code == 303
    text = owner.http.get("/orders/export.csv").text
    assert other.import_orders(text).status_code == 303
    own = ("identifier", "created_on")
    assert sorted(
        [{name: value for name, value in row.items() if name not in own} for row in exported(owner)],
        key=lambda row: row["reference"],
    ) == sorted(
        [{name: value for name, value in row.items() if name not in own} for row in exported(other)],
        key=lambda row: row["reference"],
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_neutralised(owner: Visitor, formula: str) -> None:
    """No cell of an export begins as a formula does; the page shows what was written."""
    fields = {"full_name": formula, "address_line1": "1 St", "city": "Town", "reference": formula[:40]}
    assert owner.send("/orders/new", fields).status_code == 303
    (row,) = exported(owner)
    assert row["full_name"].startswith("'")
    assert row["full_name"].endswith(formula)
    assert all(not cell or cell[0] not in "=+-@\t\r＝＋－＠" for cell in row.values())
    assert formula in shown(owner.http.get("/orders"))


def test_long_exports(owner: Visitor) -> None:
    """An export has all orders, more than the pages in which they are read."""
    rows = "\n".join(f"REF-{number},1 St,Town" for number in range(250))
    assert owner.import_orders(f"reference,address_line1,city\n{rows}").status_code == 303
    assert [row["reference"] for row in exported(owner)] == [f"REF-{number}" for number in reversed(range(250))]


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ([GOOD, "REF-2,,,,,x,,", "REF-3,Ada,1 St,Town,,1,,-5"], 3, "weight_in_grams"),
        ([GOOD, GOOD], 3, "exists already"),
        ([GOOD, GOOD.replace("REF-1", "REF-2").replace("TPN24", "NOPE")], 3, "no service with this code"),
        ([GOOD, GOOD + ",more"], 3, "Expected 8 columns, got 9"),
        ([GOOD.replace("REF-1", "x" * 41)], 2, "reference"),
    ],
)
def test_all_or_nothing(owner: Visitor, rows: list[str], line: int, said: str) -> None:
    """If one order is wrong none is taken, and each fault is told with its line."""
    answer = owner.import_orders("\n".join([HEADER, *rows]))
    assert answer.status_code == 400
    page = shown(answer)
    assert "Nothing has been imported" in page
    assert f"Line {line}" in page
    assert said in page
    assert exported(owner) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        HEADER.encode(),
        b"nonsense\n1\n",
        b"reference,reference\n1,2\n",
        b"\xff\xfe\x00r",
        b"reference\n\x00\n",
        b'reference\n"never closed',
        b'reference\n"a"b\n',
        b"%PDF-1.7\n%\xe2\xe3",
        b"," * 100_000,
        b"reference\n" + b"," * 100_000,
        b"reference\n" + b"x" * 500_000,
        b"reference,address_line1,city\n" + b"a,b,c\n" * 1001,
        b"reference\n" + b"x\n" * 550_000,
        b'reference,full_name\n"' + b"\n" * 400_000,
    ],
    ids=range(16),
)
def test_files_that_are_none(owner: Visitor, content: bytes) -> None:
    """What is no file of orders, or more of one than is taken, is refused with a word, and nothing is made of it."""
    answer = owner.import_orders(content)
    assert answer.status_code == 400
    assert len(answer.content) < 50_000
    if answer.headers["content-type"].startswith("text/html"):
        assert "Traceback" not in answer.text
    assert exported(owner) == []
