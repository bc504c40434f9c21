"""For each property, everywhere that it looks: a response that it has to object to, and one that it has not.

What the decoders read is taken from their own cases; a surface, a format or a property that is new shows up as a
fault until it has an example here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partywall.decode import SURFACES
from partywall.ledger import Ledger
from partywall.model import History, Twins
from partywall.oracle.judge import PROPERTIES
from tests.partywall.decode.test_formats import CASES
from tests.partywall.histories import CONTROL, KEY, NOTES, A, B, did, history, mark
from tests.partywall.notation import POLICY, read

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = Path(__file__).parent / "histories"
M = mark(A)
NUMBER = "json number"
FOUND, NOT_THERE = "found", "-"
MISSED, FALSE_ALARM, NO_EXAMPLE = "MISSED", "FALSE ALARM", "NO EXAMPLE"
FAULTS = (MISSED, FALSE_ALARM, NO_EXAMPLE)


@dataclass(frozen=True)
class Place:
    """Somewhere in a response, with a value of A's in it."""

    surface: str
    form: str
    answer: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A place, and what each property makes of it."""

    surface: str
    form: str
    cells: tuple[str, ...]


def places() -> Iterator[Place]:
    """Where a mark can hide."""
    yield Place("reason", "status line", {"reason": f"Not for {M}"})
    yield Place("header", "any header", {"headers": (("X-Order", M),)})
    yield Place("header", "any header, percent-escaped", {"headers": (("Link", f"</{M[:4]}%{ord(M[4]):02x}{M[5:]}>"),)})
    yield Place("cookie", "Set-Cookie", {"headers": (("Set-Cookie", f"last={M}; Path=/"),)})
    yield Place("redirect", "Location", {"headers": (("Location", f"/orders/{M}"),), "status": 303})
    yield Place(
        "filename", "Content-Disposition", {"headers": (("Content-Disposition", f'inline; filename="{M}.pdf"'),)}
    )
    for form, case in CASES.items():
        if form == NUMBER:  # no number is a mark; what a number can give away is an id
            continue
        headers = [("Content-Type", case.kind)] if case.kind else []
        headers += [("Content-Encoding", case.encoding)] if case.encoding else []
        yield Place(case.surface, form, {"came": case.body, "headers": tuple(headers)})


def rows() -> list[Row]:
    """The table, surface by surface."""
    found = [_row(place) for place in places()]
    found += [_of_caller(), *_of_object(), *_of_files()]
    missing = [Row(surface, "-", _cells(dict.fromkeys(PROPERTIES, NO_EXAMPLE))) for surface in SURFACES
               if surface not in {row.surface for row in found}]  # fmt: skip
    order = {surface: index for index, surface in enumerate(SURFACES)}
    return sorted([*found, *missing], key=lambda row: order.get(row.surface, len(order)))


def findings(name: str, told: History) -> bool:
    """Does a property object to a history?"""
    return any(True for _ in PROPERTIES[name](Ledger.of(told, NOTES)))


def _row(place: Place) -> Row:
    to = {who: history(_get(tenant, place.answer)) for who, tenant in (("other", B), ("owner", A))}
    nothing = {"came": b"", "headers": place.answer.get("headers", ()) if "came" in place.answer else ()}
    cells = {
        "ownership": _verdict("ownership", to["other"], to["owner"]),
        "noninterference": _verdict(
            "noninterference", _twins(place.answer, alone=nothing), _twins(place.answer, alone=place.answer)
        ),
    }
    return Row(place.surface, place.form, _cells(cells))


def _of_caller() -> Row:
    wrong, right = (history(did(A, "me", came={"name": each.name})) for each in (B, A))
    return Row("body", "json, where it names its caller", _cells({"echo": _verdict("echo", wrong, right)}))


def _of_object() -> Iterator[Row]:
    made = did(A, "create", came={"id": 11})
    shown = {tenant: did(tenant, "list", came={"notes": [{"id": 11}]}) for tenant in (B, A)}
    wrong, right = (history(dict(made), look) for look in shown.values())
    yield Row("body", f"{NUMBER}, an id", _cells({"ownership": _verdict("ownership", wrong, right)}))
    looks = {
        "a list": (did(A, "list", came={"notes": []}), did(A, "list", came={"notes": [{"id": 11}]})),
        "one object": (did(A, "get", "/notes/11", status=404), did(A, "get", "/notes/11", came={"id": 11})),
    }
    for form, (look, there) in looks.items():
        wrong, right = history(dict(made), look), history(dict(made), there)
        yield Row("body", f"json, {form}", _cells({"completeness": _verdict("completeness", wrong, right)}))


def _of_files() -> Iterator[Row]:
    """What takes more than one response to see: the files of histories in which a property is broken."""
    for path in sorted(FILES.glob("*/bad/*.history")):
        name, written = path.parent.parent.name, read(path.read_text())
        seen = [f for f in PROPERTIES[name](Ledger.of(written.history, POLICY)) if f.property == name]
        surface = seen[0].surface if seen else "body"
        yield Row(surface, written.sentence.rstrip("."), _cells({name: FOUND if seen else MISSED}))


def _get(tenant: Any, answer: dict[str, Any]) -> dict[str, Any]:
    return did(tenant, "get", **answer)


def _twins(answer: dict[str, Any], alone: dict[str, Any]) -> History:
    """B in company is told one thing, its twins another."""
    company = history(_get(B, answer))
    without = replace(history(_get(B, alone)), tenants=(B, CONTROL), key=KEY)
    return replace(company, twins=Twins(B.number, (without, without)))


def _verdict(name: str, wrong: History, right: History) -> str:
    if not findings(name, wrong):
        return MISSED
    return FALSE_ALARM if findings(name, right) else FOUND


def _cells(known: dict[str, str]) -> tuple[str, ...]:
    return tuple(known.get(name, NOT_THERE) for name in PROPERTIES)
