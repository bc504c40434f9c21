"""The oracles against histories of a perfect service, as they are and with a leak put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from partywall.model import Outcome
from partywall.oracle.judge import judge
from tests.partywall.mutations import KINDS, mutate, seen
from tests.partywall.perfect import DECLARED, POLICY, Model

if TYPE_CHECKING:
    from random import Random

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much)
randoms = st.randoms(use_true_random=False)


def played(random: Random, steps: int) -> Model:
    """A model after some steps."""
    model = Model(random, tenants=random.choice((2, 3)))
    model.settle()
    for _ in range(steps):
        model.step()
    return model


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(random=randoms, steps=st.integers(0, 30))
def test_perfect(random: Random, steps: int) -> None:
    """A service that never leaks is never said to, whatever its tenants do, and all of it is looked at."""
    history = played(random, steps).history
    for policy in (POLICY, DECLARED):
        judgement = judge(history, policy)
        assert judgement.verdict.findings == ()
        assert judgement.verdict.outcome is Outcome.HELD
        assert all(look.noticed == look.transplants for look in judgement.exercised.looks.values())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(random=randoms, steps=st.integers(0, 20))
def test_leaky(kind: str, random: Random, steps: int) -> None:
    """One response swapped, transplanted or edited is a violation, and a finding names its exchange."""
    mutation = mutate(played(random, steps), kind, random)
    assume(mutation is not None)
    assert mutation is not None
    assert seen(mutation) or mutation.nothing or (mutation.blind and seen(mutation, DECLARED)), mutation.what
