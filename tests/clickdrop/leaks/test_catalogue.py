"""The catalogue of planted leaks as a whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.leaks import LEAKS
from clickdrop.leaks.incidents import INCIDENTS
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from scripts.catalogue import CLASSES, page

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAKS_MIN, OF_CLASS_MIN = 45, 2
ANY = LEAKS["view-of-owner"]
SENTENCE = re.compile(r"[A-Z](?:[^.!?]|[.!?](?!\s|\Z))*\.")


def test_page_is_true() -> None:
    """The document says what the modules say."""
    assert (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text("utf-8") == page()


def test_wide() -> None:
    """There are so many leaks, so many in each class, and a third of them needs the production stack."""
    classes = Counter(leak.leak_class for leak in LEAKS.values())
    assert len(LEAKS) >= LEAKS_MIN
    assert set(classes) == set(CLASSES)
    assert min(classes.values()) >= OF_CLASS_MIN
    assert 3 * sum(leak.stack == PRODUCTION for leak in LEAKS.values()) >= len(LEAKS)


def test_rare() -> None:
    """Each class has a leak that takes more than one tenant's request after another's."""
    rare = {leak.leak_class for leak in LEAKS.values() if leak.difficulty is not Difficulty.SEQUENTIAL}
    assert rare == set(CLASSES)


def test_incidents_are_known() -> None:
    """Each leak cites incidents, and each incident that is known is cited."""
    assert all(leak.incidents for leak in LEAKS.values())
    assert {number for leak in LEAKS.values() for number in leak.incidents} == set(INCIDENTS)


def test_each_says_where_it_is_planted() -> None:
    """Each leak exchanges a part of the service, and the parts that it names are those that it exchanges."""
    assert [leak.name for leak in LEAKS.values() if not leak.seam] == []
    assert doctored(plant=lambda parts: parts).seam == ()
    assert doctored(plant=lambda parts: replace(parts, clock=str, cache=str)).seam == ("cache", "clock")


def test_each_says_what_is_seen() -> None:
    """Each leak says in one sentence what a customer would have seen, and no two say the same."""
    assert badly_seen(LEAKS.values()) == []
    assert badly_seen([ANY, doctored()]) == [ANY.name, "doctored"]


@pytest.mark.parametrize("seen", ["", "an order was gone.", "An order was gone", "An order. Gone."])
def test_what_is_badly_said_is_noticed(seen: str) -> None:
    """What is no sentence, or is more than one, is noticed."""
    assert badly_seen([doctored(seen=seen)]) == ["doctored"]


def doctored(**changes: Any) -> Leak:
    """A leak that says of itself what it does not."""
    return replace(ANY, name="doctored", **changes)


def badly_seen(leaks: Iterable[Leak]) -> list[str]:
    """Which of the leaks do not say in one sentence of their own what a customer would have seen."""
    listed = list(leaks)
    said = Counter(leak.seen for leak in listed)
    return [leak.name for leak in listed if said[leak.seen] > 1 or not SENTENCE.fullmatch(leak.seen)]


def test_each_is_shown_by_hand() -> None:
    """Each leak has a module of tests that names it, and shows that it leaks and that the correct service does not."""
    for name in LEAKS:
        text = (Path(__file__).parent / f"test_{name.replace('-', '_')}.py").read_text("utf-8")
        assert f'LEAK = "{name}"' in text
        assert "\ndef test_leaks" in text
        assert "\ndef test_correct(" in text
