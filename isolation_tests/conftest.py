"""In which order the suite's tests run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

FIRST: Final = ("test_existence", "test_tenant_source", "test_cache_discipline", "test_exactly_once", "test_integrity")
"""The files whose tests come before all others', which follow by name: those that name what is another's, claim to be
another or send again, one request after the other, so that a leak which takes no more is found by the first hundreds.
Where requests have to meet, a finding is better told by what `replay.py` can do as well than by `test_provocations`,
which comes late. What a run proves does not depend on the order: no test leans on another."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of whatever tests were asked for. Those that pytest itself wants first (``--failed-first``) still are."""
    places = {Path(__file__).with_name(f"{name}.py"): place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(FIRST)))
