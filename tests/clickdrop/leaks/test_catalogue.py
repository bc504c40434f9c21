"""The catalogue of planted leaks as a whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

from clickdrop.leaks import LEAKS
from clickdrop.leaks.incidents import INCIDENTS
from clickdrop.leaks.leak import PRODUCTION
from clickdrop.parts import Parts
from scripts.catalogue import CLASSES, page

LEAKS_MIN, OF_CLASS_MIN, OF_PRODUCTION_MIN = 45, 2, 15


def test_page_is_true() -> None:
    """The document says what the modules say."""
    assert (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text("utf-8") == page()


def test_wide() -> None:
    """There are so many leaks, so many in each class, and so many that need the production stack."""
    classes = Counter(leak.leak_class for leak in LEAKS.values())
    assert len(LEAKS) >= LEAKS_MIN
    assert set(classes) == set(CLASSES)
    assert min(classes.values()) >= OF_CLASS_MIN
    assert sum(leak.stack == PRODUCTION for leak in LEAKS.values()) >= OF_PRODUCTION_MIN


def test_incidents_are_known() -> None:
    """Each leak cites incidents, and each incident that is known is cited."""
    assert all(leak.incidents for leak in LEAKS.values())
    assert {number for leak in LEAKS.values() for number in leak.incidents} == set(INCIDENTS)


def test_each_says_where_it_is_planted() -> None:
    """Each leak exchanges parts that the service is composed of."""
    parts = {each.name for each in fields(Parts)}
    for leak in LEAKS.values():
        assert leak.seam, leak.name
        assert set(leak.seam) <= parts, leak.name


def test_each_says_what_is_seen() -> None:
    """Each leak says in one sentence what a customer would have seen, and no two say the same."""
    for leak in LEAKS.values():
        assert leak.seen[:1].isupper(), leak.name
        assert re.findall(r"[.!?](?:\s|\Z)", leak.seen) == ["."], leak.name
    assert len({leak.seen for leak in LEAKS.values()}) == len(LEAKS)


def test_each_is_shown_by_hand() -> None:
    """Each leak has a module of tests that names it, and shows that it leaks and that the correct service does not."""
    for name in LEAKS:
        text = (Path(__file__).parent / f"test_{name.replace('-', '_')}.py").read_text("utf-8")
        assert f'LEAK = "{name}"' in text
        assert "\ndef test_leaks" in text
        assert "\ndef test_correct(" in text
