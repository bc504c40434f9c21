"""Chance: exact where it can be, cautious elsewhere, and strict enough for a million clean responses."""

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywall.chance import ALARMS_PER_RESPONSE, Spread, share, tail

RESPONSES = 1_000_000
LOOKS_SIMULATED = 4


def enumerated(looks: list[float], hits: list[float]) -> float:
    """The same probability, from every outcome there is."""

    def bits(chances: list[float]) -> int:
        return sum(int(-math.log2(each)) for each in chances)

    total = 0.0
    for outcome in itertools.product((False, True), repeat=len(looks)):
        if bits([p for p, hit in zip(looks, outcome, strict=True) if hit]) >= bits(hits):
            total += math.prod(p if hit else 1 - p for p, hit in zip(looks, outcome, strict=True))
    return total


@given(looks=st.lists(st.floats(1e-6, 0.49), min_size=1, max_size=7), data=st.data())
def test_tail_is_exact(looks: list[float], data: st.DataObject) -> None:
    """The probability is the one that going through all outcomes gives."""
    hits = data.draw(st.lists(st.sampled_from(looks), min_size=1, max_size=len(looks), unique=True))
    assert tail(looks, hits) == pytest.approx(enumerated(looks, hits), rel=1e-9)


def test_no_evidence() -> None:
    """Looks that fit anybody, or none that fit, are no evidence; more hits are less likely, more looks likelier."""
    assert tail([1.0, 1.0], [1.0]) == 1.0
    assert tail([1e-4] * 10, []) == 1.0
    assert tail([1e-4] * 10, [1e-4] * 3) < tail([1e-4] * 10, [1e-4] * 2) < tail([1e-4] * 100, [1e-4] * 2)


def test_allowance() -> None:
    """However a million responses are cut into histories, fewer than 0.001 false alarms are to be expected."""
    for histories in (1, 1_000, RESPONSES):
        assert histories * share(RESPONSES // histories, 1) <= 0.001 * (1 + 1e-9)
    assert share(500, 50) * 50 == pytest.approx(500 * ALARMS_PER_RESPONSE)


@pytest.mark.parametrize("threshold", [1e-2, 1e-3, 1e-4])
def test_simulated(threshold: float) -> None:
    """Over a million clean responses with looks that fit by chance alone, a threshold is passed no more often than it
    says. (At the real one, 1e-9, nothing could be seen to pass; so the thresholds here are ones that show.)"""
    randoms = random.Random(threshold)
    looks = [0.1, 0.01, 0.05, 0.002]
    passing = {hits for hits in itertools.product((False, True), repeat=len(looks)) if _passes(looks, hits, threshold)}
    assert passing
    draw = randoms.random
    alarms = 0
    for _ in range(RESPONSES):
        hits = tuple([draw() < p for p in looks])
        alarms += hits in passing
    expected = RESPONSES * threshold
    assert alarms <= expected + 5 * math.sqrt(expected)


def _passes(looks: list[float], hits: tuple[bool, ...], threshold: float) -> bool:
    return tail(looks, [p for p, hit in zip(looks, hits, strict=True) if hit]) <= threshold


def test_spread() -> None:
    """What never differs is no evidence, what differs is by as much, and a few values are no ground to stand on."""
    values = [f"tn{number:06}gb" for number in random.Random(5).sample(range(1_000_000), 200)]
    spread = Spread(values)
    assert spread.chance("tn", "gb") == 1.0
    assert spread.chance("tn12", "") == pytest.approx(0.01, rel=0.3)
    assert spread.chance("", "34gb") == pytest.approx(0.01, rel=0.3)
    assert Spread(["abcd", "efgh", "ijkl"]).chance("abc", "") == 1.0


@given(seed=st.integers(0, 2**32), count=st.integers(4, 40), shown=st.integers(1, 6))
def test_spread_errs_towards_silence(seed: int, count: int, shown: int) -> None:
    """Of few values, the chance is never taken to be smaller than it is for values drawn evenly."""
    randoms = random.Random(seed)
    values = ["".join(randoms.choices("0123456789", k=8)) for _ in range(count)]
    assert Spread(values).chance("0" * shown, "") >= 10.0**-shown
