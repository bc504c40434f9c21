"""The semicolon list of order identifiers."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickdrop.domain.errors import InvalidRequest
from clickdrop.domain.identifiers import MAX_IDENTIFIERS, OrderIdentifiers, parse_order_identifiers


def test_integers_and_references() -> None:
    """A bare integer is an identifier; quoted text, decoded once more, is a reference."""
    assert parse_order_identifiers('1001;"INV%201";7') == OrderIdentifiers((1001, 7), ("INV 1",))


def test_repetitions_count_once() -> None:
    """What is asked for twice is answered once."""
    assert parse_order_identifiers('5;5;"a";"a"') == OrderIdentifiers((5,), ("a",))


def test_trailing_slash_is_let_pass() -> None:
    """The published example ends in a slash."""
    assert parse_order_identifiers('"ref";1001/') == OrderIdentifiers((1001,), ("ref",))


REFERENCES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(st.lists(REFERENCES, min_size=1, max_size=MAX_IDENTIFIERS))
def test_any_reference_survives_its_encoding(references: list[str]) -> None:
    """Whatever a reference consists of (quotes, semicolons, slashes), encoding and parsing give it back."""
    text = ";".join(f'"{quote(reference, safe="")}"' for reference in references)
    assert parse_order_identifiers(text).references == tuple(dict.fromkeys(references))


@pytest.mark.parametrize(
    "text", ["", "abc", "1;", ";1", "1,2", '""', '"a', "-1", "1.0", "9" * 19, "٣", '"a"b"', "1 ; 2"]
)
def test_anything_else_is_refused(text: str) -> None:
    """What is neither is refused, and so is an integer that no order can have."""
    with pytest.raises(InvalidRequest):
        parse_order_identifiers(text)


def test_each_fault_is_told() -> None:
    """A list with several faults is refused for each of them."""
    with pytest.raises(InvalidRequest) as refusal:
        parse_order_identifiers("1;x;2;y")
    assert [fault.message.split()[1] for fault in refusal.value.faults] == ["2", "4"]


def test_too_many() -> None:
    """A hundred are taken, one more is not."""
    assert len(parse_order_identifiers(";".join(map(str, range(100)))).identifiers) == 100
    with pytest.raises(InvalidRequest, match="at most 100"):
        parse_order_identifiers(";".join(map(str, range(101))))
