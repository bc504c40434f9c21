"""Experiments in another service than the one where it was found: behind the edge, and with one worker."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from partywall.drive.replay import Trials
from partywall.drive.trial import Trial
from partywall.model import UNKNOWN
from partywall.oracle.judge import judge
from partywall.reduction.cause import AMBIENT_STATE, CACHE_KEY, EDGE_CACHE
from partywall.reduction.reduce import Budget, Witness, reduce
from tests.partywall import leaky
from tests.partywall.leaky import Leaky, running, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.target import Target

KEY = b"experiments."


def reduced(target: Target, act: Callable[[Trial], object], operation: str) -> Witness:
    """The witness of what two tenants, who own an order each, were shown by an operation."""
    trial = Trial(target, KEY, 1, 2)
    for tenant in trial.tenants:
        trial.send(tenant, leaky.create(trial.mark(tenant)))
    act(trial)
    trial.close()
    findings = judge(trial.history, leaky.POLICY).verdict.findings
    finding = next(each for each in findings if each.operation == operation)
    with Trials(target, KEY, 1000) as trials:
        return reduce(trial.history, finding, trials, Budget())


def last_of_each(trial: Trial) -> None:
    """Everybody asks for its last order."""
    for tenant in trial.tenants:
        trial.send(tenant, leaky.last())


@contextmanager
def edged(behind: str) -> Iterator[Target]:
    """A service with an edge that keeps answers, and what is behind it."""
    service = Leaky("edge")
    origin = copy.copy(service)
    origin.leak, origin._kept = behind, {}
    if behind == "refuses":
        origin.tenants = {}
    with serving(service), serving(origin):
        yield replace(service.target(), origin_url=origin.url, fresh=partial(edged, behind))


@pytest.mark.parametrize(("behind", "cause"), [("", EDGE_CACHE), ("edge", CACHE_KEY), ("refuses", EDGE_CACHE)])
def test_at_the_origin(behind: str, cause: str) -> None:
    """What keeps answers by their address is at the edge if the origin does not; an origin that lets nobody in says
    nothing, and then the address alone does."""
    with edged(behind) as target:
        witness = reduced(target, last_of_each, leaky.LAST)
    changes = {each.change: bool(each.shown) for each in witness.experiments}
    assert witness.finding.cause == cause
    assert changes.pop("at the origin", None) == {"": False, "edge": True}.get(behind)
    assert changes == {"a query of its own": False}


@pytest.mark.parametrize(("alone", "cause"), [("ambient", AMBIENT_STATE), ("", UNKNOWN)])
def test_one_worker(alone: str, cause: str) -> None:
    """What one process mixes up it mixes up alone too; what takes several workers is no ambient state."""

    @contextmanager
    def one_worker() -> Iterator[Target]:
        with running(alone) as instance:
            yield instance.target()

    def at_once(trial: Trial) -> None:
        a, b = trial.tenants
        for tenant in trial.tenants:
            trial.send(tenant, leaky.me())
        for _ in range(2):  # once for each of them
            trial.together([(a, leaky.listing()), (b, leaky.listing())])

    with running("ambient") as service:
        witness = reduced(replace(service.target(), one_worker=one_worker), at_once, leaky.LIST)
    changes = {each.change: bool(each.shown) for each in witness.experiments}
    assert (witness.finding.cause, changes.get("one worker")) == (cause, alone == "ambient"), witness.experiments
