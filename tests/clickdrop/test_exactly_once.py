"""The reckoning of scripts/exactly_once.py, on a few checkouts."""

from __future__ import annotations

import pytest

from scripts import exactly_once
from tests.clickdrop.services import STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_charges_equal_labels(stack: str) -> None:
    """While replies get lost, clients click twice and processes are killed, charges equal labels."""
    figures = exactly_once.run(40, stack, seed=1)
    assert figures.faults == []
    assert figures.kills.total() > 0
    assert figures.answers["201"] > 0
