"""What replays bring back of what was done when a finding showed: a load's company, a slow upstream."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from partywall.drive.provocations import Call, Ends, Provocation
from partywall.drive.replay import Trials
from partywall.drive.trial import Trial
from partywall.oracle.judge import judge
from partywall.reduction import slices
from partywall.reduction.reduce import Budget, reduce
from partywall.reporting.evidence import SLOWED, write_witness
from tests.partywall import leaky
from tests.partywall.leaky import Leaky, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from partywall.drive.load import Steps
    from partywall.model import Finding, History, Tenant
    from partywall.target import Target

KEY = b"what comes back."
BUDGET = Budget(requests=300)


def behind(service: Leaky) -> Target:
    """The service, which mixes up who asks while what it leans on is slow."""

    @contextmanager
    def slow(_delay_ms: float) -> Iterator[None]:
        before, service.leak = service.leak, "race"
        try:
            yield
        finally:
            service.leak = before

    return replace(service.target(), slow_upstream=slow)


def found(target: Target, act: Callable[[Trial], object]) -> tuple[History, Finding]:
    """What two tenants with an order each did, and the first finding of content."""
    with_orders = Trial(target, KEY, 1, 2)
    for tenant in with_orders.tenants:
        with_orders.send(tenant, leaky.create(with_orders.mark(tenant)))
    leaky.until_found(with_orders, lambda: act(with_orders))
    with_orders.close()
    findings = judge(with_orders.history, leaky.POLICY).verdict.findings
    return with_orders.history, next(finding for finding in findings if finding.kind == "content")


def slowed(trial: Trial, ends: Ends | None = None) -> None:
    """Both list their orders while the upstream is slow."""
    calls = [Call(tenant, leaky.listing()) for tenant in trial.tenants]
    trial.provoke(calls, Provocation(slow_upstream_ms=5, ends=ends))


def test_load() -> None:
    """Under load nobody releases requests together; those that were in flight together are, once they are replayed."""

    def listing(_tenant: Tenant) -> Steps:
        yield leaky.listing()

    with running("race") as service:
        history, finding = found(
            service.target(), lambda trial: trial.load([listing], sessions=4, seconds=10, requests=8)
        )
        witness = reduce(history, finding, Trials(service.target(), KEY, 1000), BUDGET)
    assert witness.reproduced > 0
    group = [step for step in witness.program.steps if step.group is not None]
    assert {(step.role, step.operation) for step in group} == {("A", leaky.LIST), ("B", leaky.LIST)}
    assert len({step.group for step in group}) == 1


@pytest.mark.parametrize("looks", ["within", "after"])
def test_in_a_crowd(looks: str) -> None:
    """Of a crowd that was released together, a few that met the look are released again, or a few that met what made
    the object: an order may have been made in another's name long before its owner misses it."""
    with running("crowd") as service:
        trial = Trial(service.target(), KEY, 1, 5)
        a, b, *_ = trial.tenants
        own = [leaky.create(trial.mark(a)), *[leaky.listing()] * (looks == "within")]
        finding = None
        while finding is None:
            crowd = [(tenant, leaky.last()) for tenant in trial.tenants[1:] for _ in range(10)]
            trial.together([*((a, request) for request in own), *crowd])
            if looks == "after":
                for _ in range(max(slices.WINDOWS)):
                    trial.send(b, leaky.me())
                trial.send(a, leaky.listing())
            findings = judge(trial.history, leaky.POLICY).verdict.findings
            finding = next((f for f in findings if (f.kind, f.operation) == ("missing", leaky.LIST)), None)
        trial.close()
        witness = reduce(trial.history, finding, Trials(service.target(), KEY, 1000), Budget(requests=1500))
    assert witness.reproduced > 0
    assert sorted((step.role, step.operation) for step in witness.program.steps) == [
        ("A", leaky.CREATE),
        ("A", leaky.LIST),
        ("B", leaky.LAST),
    ]


def test_what_a_meeting_stands_on() -> None:
    """What met is released again by itself, then behind all that its parties have changed, which it may not name."""

    def listed(trial: Trial) -> None:
        for tenant in trial.tenants:
            trial.send(tenant, leaky.create("unnamed"))
        trial.together([(tenant, leaky.listing()) for tenant in trial.tenants])

    with running("race") as service:
        history, finding = found(service.target(), listed)
    before = {e.number for e in history.exchanges if e.operation == leaky.CREATE and e.number < finding.exchange}
    tried = [numbers for numbers, met in slices.from_small_to_large(history, finding, leaky.POLICY) if met]
    assert [before <= numbers for numbers in tried] == [False, True]


def test_slow_upstream(tmp_path: Path) -> None:
    """What was slow is slow again, and is not taken to be where it changes nothing; `replay.py` can't make it so."""
    with running() as service:
        history, finding = found(behind(service), slowed)
        witness = reduce(history, finding, Trials(behind(service), KEY, 1000), BUDGET)
    assert witness.reproduced > 0
    assert {step.slow_upstream_ms for step in witness.program.steps if step.group is not None} == {5}
    write_witness(tmp_path, witness, service.target())
    assert json.loads((tmp_path / "witness.json").read_text())["note"] == SLOWED
    with running("race") as service:
        witness = reduce(history, finding, Trials(behind(service), KEY, 1000), BUDGET)
    assert {step.slow_upstream_ms for step in witness.program.steps} == {0}


@pytest.mark.parametrize(("ends", "lost"), [(None, "slow-upstream:5"), (Ends.FIFO, "held:fifo, slow-upstream:5")])
def test_not_brought_back(ends: Ends | None, lost: str) -> None:
    """Where replays don't do what was done, and don't show it, they say so."""
    with running() as service:
        history, finding = found(behind(service), lambda trial: slowed(trial, ends))
        witness = reduce(history, finding, Trials(service.target(), KEY, 1000), BUDGET)
    assert witness.reproduced == 0
    assert witness.note.endswith(f"replays do not do what was done when it showed: {lost}")
