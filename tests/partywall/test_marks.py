"""Marks are found, read and told from forgeries, whatever surrounds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywall.marks import LENGTH, PREFIX, SERIALS, TENANTS, Marks, derive

MARKS = Marks(b"key")
tenants = st.integers(0, TENANTS - 1)
serials = st.integers(0, SERIALS - 1)


@given(tenant=tenants, serial=serials, before=st.binary(max_size=30), after=st.binary(max_size=30))
def test_found_anywhere(tenant: int, serial: int, before: bytes, after: bytes) -> None:
    """A mark is found inside any bytes, with its owner and serial."""
    mark = MARKS.mint(tenant, serial)
    found = list(MARKS.find(before + mark.encode() + after))
    assert (mark, tenant, serial, True) in [(m.text, m.tenant, m.serial, m.genuine) for m in found]


@given(tenant=tenants, serial=serials)
def test_case_blind(tenant: int, serial: int) -> None:
    """Upper case is the same mark; it is short, and letters and digits only."""
    mark = MARKS.mint(tenant, serial)
    assert [m.text for m in MARKS.find(mark.upper().encode())] == [mark]
    assert len(mark) == LENGTH == 21
    assert mark.isalnum()


@given(tenant=tenants, serial=serials, place=st.integers(len(PREFIX), LENGTH - 1), change=st.integers(1, 31))
def test_forgery(tenant: int, serial: int, place: int, change: int) -> None:
    """A mark with one character changed is not genuine."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    mark = MARKS.mint(tenant, serial)
    other = alphabet[(alphabet.index(mark[place]) + change) % 32]
    forged = mark[:place] + other + mark[place + 1 :]
    assert [m.genuine for m in MARKS.find(forged.encode())][:1] == [False]


@given(tenant=tenants, serial=serials)
def test_other_key(tenant: int, serial: int) -> None:
    """Another key's marks are seen and not taken for one's own."""
    other = Marks(derive(b"key", "other"))
    assert [m.genuine for m in MARKS.find(other.mint(tenant, serial).encode())] == [False]


@given(viewer=tenants, other=tenants, serial=serials)
def test_foreign(viewer: int, other: int, serial: int) -> None:
    """Of a viewer's own marks and another's, only the other's are foreign."""
    text = f"{MARKS.mint(viewer, serial)} {MARKS.mint(other, serial)}".encode()
    expected = [] if viewer == other else [other]
    for watched in (text, text.upper(), text + text):
        assert [m.tenant for m in MARKS.foreign(watched, viewer)] == expected
        assert MARKS.watch(viewer)(watched) == MARKS.foreign(watched, viewer)


def test_false_start_hides_nothing() -> None:
    """A mark that begins inside what looks like the start of another is found."""
    mark = MARKS.mint(5, 6)
    assert mark in [m.text for m in MARKS.find(f"{PREFIX}{mark}".encode())]
    assert mark in [m.text for m in MARKS.find(f"{PREFIX}0abc{mark}".encode())]


@pytest.mark.parametrize(("tenant", "serial"), [(-1, 0), (TENANTS, 0), (0, -1), (0, SERIALS)])
def test_out_of_range(tenant: int, serial: int) -> None:
    """A tenant or serial that a mark can't carry is refused, with the limits."""
    with pytest.raises(ValueError, match=str(TENANTS)):
        MARKS.mint(tenant, serial)
