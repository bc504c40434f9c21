"""The races over sockets, as `benchmarks.races` looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.races import Bound, searched
from tests.partywall.explore.races.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.partywall.explore.races.served import Served

ENOUGH = Bound(1, 600, 60)
A_FEW = Bound(1, 40, 60)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The races, up."""
    with serving() as service:
        yield service


def test_provoked(served: Served) -> None:
    """A race is found by provocations, which say in what, and how many requests and seconds it took."""
    search = searched(served, "shared-global", "provoked", 0, ENOUGH)
    assert search.found
    assert 2 <= search.requests <= ENOUGH.requests
    assert search.seconds > 0


def test_bounded(served: Served) -> None:
    """What plain load can't show, since no client leaves, is given up at the bound; all that was sent is counted."""
    search = searched(served, "pooled-connection", "load", 0, A_FEW)
    assert (search.found, search.broken) == ("", 0)
    assert search.requests >= A_FEW.requests
    assert 1 <= len(search.workers) <= 2
