"""The index of owned values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywall.values import Owned, Values, regrouped, words


@given(
    owned=st.dictionaries(st.from_regex(r"[a-z][a-z0-9]{9,14}", fullmatch=True), st.integers(1, 3), max_size=8),
    viewer=st.integers(1, 3),
    between=st.sampled_from((b" ", b'","', b"\\n", b"\n", b"<b>", b"_", "é".encode())),
)
def test_foreign_is_what_others_have(owned: dict[str, int], viewer: int, between: bytes) -> None:
    """Of the values that a body shows, in either case and whatever parts them, exactly the others' are foreign."""
    values = Values()
    for number, (value, tenant) in enumerate(owned.items()):
        values.own(tenant, value, number, "create /id")
    body = between.join(value.upper().encode() for value in owned)
    expected = {value for value, tenant in owned.items() if tenant != viewer}
    assert {found.value for found in values.foreign(body, viewer)} == expected
    for number, (value, tenant) in enumerate(owned.items()):
        assert values.owner(value) == Owned(tenant, number, "create /id")


def test_two_owners() -> None:
    """What two tenants have is nobody's; but what one has for good stays its own, whoever shows it later."""
    values = Values()
    values.own(1, "service-24-7")
    values.own(2, "service-24-7")
    values.own(1, "key-0001-abcd", 4, for_good=True)
    values.own(2, "key-0001-abcd", 5)
    values.own(1, "late-0001-abcd", 6)
    values.own(2, "late-0001-abcd", 7, for_good=True)
    assert [found.value for found in values.foreign(b"service-24-7 key-0001-abcd late-0001-abcd", 3)] == [
        "key-0001-abcd",
        "late-0001-abcd",
    ]
    assert "service-24-7" not in values
    assert values.owner("KEY-0001-ABCD") == Owned(1, 4)
    assert values.owner("late-0001-abcd") == Owned(1, 6)
    assert values.shows_own({b"key-0001-abcd"}, 1)
    assert not values.shows_own({b"key-0001-abcd", b"service-24-7"}, 2)


def test_shared() -> None:
    """What is shared is nobody's, whether it was known before or is owned later."""
    values = Values()
    values.own(1, "word-1234")
    values.share("word-1234")
    values.share("word-5678")
    values.own(2, "word-5678")
    assert values.foreign(b"word-1234 word-5678", 3) == []
    assert len(values) == 2


@pytest.mark.parametrize(("tenant", "since"), [(-1, 0), (2**36, 0), (1, -1), (1, 2**40)])
def test_out_of_range(tenant: int, since: int) -> None:
    """An owner or exchange that an entry can't hold is refused, with the limits."""
    with pytest.raises(ValueError, match=r"2\*\*40"):
        Values().own(tenant, "value-1234", since)


def test_words() -> None:
    """Letters, digits and hyphens make words, in lower case."""
    assert words(b'{"Id":"AB-12","x":7.5}') == {b"id", b"ab-12", b"x", b"7", b"5"}


def test_regrouped() -> None:
    """Groups are joined with their neighbours, within what no other character parts."""
    found = regrouped(b"no TN 123 456 789 GB. 55 66")
    assert b"tn123456789gb" in found
    assert b"123456789gb" in found
    assert not any(b"55" in word for word in found)
    assert regrouped(b"only words here and there") == set()
