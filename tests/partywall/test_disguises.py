"""What services do to text, and marks that survive it: all the way from a body to a finding."""

from __future__ import annotations

import html
import json
import textwrap
import unicodedata
import urllib.parse
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywall.ledger import Ledger
from partywall.marks import HEAD_CHARS, LENGTH
from partywall.oracle.ownership import ownership
from tests.partywall.histories import NOTES, A, B, did, history, mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywall.model import Finding

BETWEEN = (" ", "-", "\n", "\u00ad", "\u200b", "\u2060", " \n ", "\u00a0", ".", "/")

cuts = st.integers(1, LENGTH - 1)


def full_width(text: str) -> str:
    """Every letter and digit as its full-width form, which is the same under NFKC."""
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in text)
    assert unicodedata.normalize("NFKC", wide) == text
    return wide


def grouped(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


# Text -> JSON document. What keeps the whole mark.
WHOLE: dict[str, Callable[[str], object]] = {
    "unchanged": lambda text: {"x": text},
    "upper case": lambda text: {"x": text.upper()},
    "title case": lambda text: {"x": text.title()},
    "swapped case": lambda text: {"x": text.swapcase()},
    "HTML escape": lambda text: {"x": html.escape(f"<b>{text}</b>")},
    "every character an entity": lambda text: {"x": "".join(f"&#{ord(char)};" for char in text)},
    "percent-encoding": lambda text: {"x": urllib.parse.quote(text)},
    "every character percent-encoded": lambda text: {"x": "".join(f"%{ord(char):02X}" for char in text)},
    "twice percent-encoded": lambda text: {"x": urllib.parse.quote(urllib.parse.quote(f"{text} %"))},
    "wrapped": lambda text: {"x": textwrap.fill(text, 9)},
    "hyphenated": lambda text: {"x": "-\n".join(textwrap.wrap(text, 9))},
    "grouped": lambda text: {"x": grouped(text)},
    "full-width": lambda text: {"x": full_width(text)},
    "decomposed": lambda text: {"x": "\u0301".join(text)},
    "ligatures": lambda text: {"x": text.replace("ff", "\ufb00").replace("st", "\ufb06")},
    "two lines": lambda text: {"line1": text[:15], "line2": text[15:]},
    "letter by letter": lambda text: {"chars": list(text)},
}


def shown(text: str, document: object) -> list[Finding]:
    """The findings when A sent a text and B is shown a document."""
    made = did(A, "create", sent={"text": text}, came={"id": 1})
    return list(ownership(Ledger.of(history(made, did(B, "list", came={"notes": [document]})), NOTES)))


@given(
    serial=st.integers(0, 999_999), before=st.sampled_from(("", "Jane ", "12 ")), done=st.sampled_from(sorted(WHOLE))
)
def test_found_in_every_disguise(serial: int, before: str, done: str) -> None:
    """Whatever a service does to a text that leaves all of a mark, it is found, with its owner."""
    value = mark(A, serial)
    [finding] = shown(value, WHOLE[done](f"{before}{value} Street"))
    assert (finding.kind, finding.owner, finding.viewer, finding.value) == ("content", "A", "B", value)


@given(serial=st.integers(0, 999_999), at=cuts, between=st.sampled_from(BETWEEN))
def test_found_with_something_in_it(serial: int, at: int, between: str) -> None:
    """A space, hyphen, line break or an invisible character anywhere in a mark hides nothing."""
    value = mark(A, serial)
    [finding] = shown(value, {"x": f"Jane {value[:at]}{between}{value[at:]} Street"})
    assert (finding.kind, finding.owner, finding.value, finding.place) == ("content", "A", value, "/notes/0/x")


@given(serial=st.integers(0, 999_999), at=cuts)
def test_found_in_first_and_last_name(serial: int, at: int) -> None:
    """A mark cut in two is put together again where its halves follow each other."""
    value = mark(A, serial)
    [finding] = shown(value, {"firstName": value[:at], "lastName": value[at:]})
    assert (finding.kind, finding.owner, finding.value) == ("content", "A", value)
    assert finding.place == "/notes/0/firstName"


@given(serial=st.integers(0, 999_999), at=cuts, case=st.sampled_from((str.lower, str.upper)))
def test_halves_apart_are_pieces(serial: int, at: int, case: Callable[[str], str]) -> None:
    """Of a mark cut in two whose halves stand apart, one half is long enough to be a piece with its chance."""
    value = mark(A, serial)
    findings = shown(value, {"first": case(value[:at]), "title": "Dr Dr", "last": case(value[at:])})
    assert {(f.kind, f.owner, f.viewer) for f in findings} == {("partial", "A", "B")}
    assert all(0 < f.chance < 1e-9 for f in findings)


@given(serial=st.integers(0, 999_999), kept=st.integers(HEAD_CHARS, LENGTH - 1), done=st.sampled_from(sorted(WHOLE)))
def test_cut_at_a_limit_is_a_piece(serial: int, kept: int, done: str) -> None:
    """A mark that a field's limit cuts, down to 11 characters, is a weaker finding that states its chance, in every
    disguise."""
    value = mark(A, serial)
    [finding] = shown(value, WHOLE[done](f"Jane {value[:kept]}"))
    assert (finding.kind, finding.owner, finding.viewer) == ("partial", "A", "B")
    assert 0 < finding.chance < 1e-9
    assert "by chance" in finding.rule


@pytest.mark.parametrize("done", sorted(WHOLE))
def test_own_is_silent_in_every_disguise(done: str) -> None:
    """The same disguises of the viewer's own mark, whole or cut, are no finding."""
    value = mark(B, 5)
    assert shown(mark(A, 5), WHOLE[done](f"Jane {value} Street")) == []
    assert shown(mark(A, 5), WHOLE[done](f"Jane {value[:14]}")) == []


def test_too_little_is_no_finding() -> None:
    """Fewer than 11 characters of a mark say nothing that chance could not."""
    assert shown(mark(A), {"x": f"Jane {mark(A)[: HEAD_CHARS - 1]}"}) == []


def test_disguised_echo_is_silent() -> None:
    """An answer may cut and disguise what its own request carried."""
    value = mark(A)
    made = did(A, "create", sent={"text": value}, came={"id": 1})
    asked = did(
        B, "get", f"/notes/{value}", status=404, came={"message": f"no note {grouped(value)}", "for": value[:15]}
    )
    assert list(ownership(Ledger.of(history(made, asked), NOTES))) == []


def test_path_of_a_rejoined_value() -> None:
    """The chain of a value that had to be put together ends with saying so."""
    [finding] = shown(mark(A), {"x": grouped(mark(A))})
    assert finding.chain == ("json", "rejoined")
    assert json.dumps(finding.place) == '"/notes/0/x"'


def test_assigned_value_in_groups() -> None:
    """A tracking number written in groups, without its hyphens or over two lines is the same number."""
    made = did(A, "create", came={"id": 1, "tracking": "TN123456789GB", "key": "0b0e7e0c-8f6a-4b62-9a43-0a4f1c2d3e4f"})
    for text in ("TN 123 456 789 GB", "TN1234-\n56789GB", "no: tn123456789gb.", "0b0e7e0c8f6a4b629a430a4f1c2d3e4f"):
        found = list(ownership(Ledger.of(history(dict(made), did(B, "list", came={"x": f"see {text}"})), NOTES)))
        assert [(f.kind, f.owner) for f in found] == [("content", "A")], text
