"""Click & Drop under the explorer, in this process, over SQLAlchemy and SQLite."""

from __future__ import annotations

from dataclasses import replace

from fixtures import operations as op
from fixtures.exploration import click_and_drop
from partywall.explore import Disconnect, Lockstep, Operations, Schedule, Sweep, explore
from partywall.explore.run import Runner
from partywall.explore.strategies.planned import Planned
from partywall.explore.witness import FEASIBLE
from partywall.model import Outcome


def _only(operations: Operations, *names: str) -> Operations:
    return replace(operations, each={name: operations.each[name] for name in names})


def test_planted_leak_is_found_and_reduced() -> None:
    """The tenant in a module's global is found by the sweep: two requests, one preemption, on a stock loop too."""
    with click_and_drop("tenant-in-module-global") as (subject, operations):
        result = explore(subject, _only(operations, op.LIST_ORDERS), stages=(Sweep(),))
    (witness,) = result.witnesses
    assert witness.finding.operation == op.LIST_ORDERS
    assert (witness.requests, witness.preemptions) == (2, 1)
    assert witness.feasibility == FEASIBLE


def test_reply_left_in_a_pool_is_found() -> None:
    """A reply that a hung-up request leaves behind on a pooled connection is found by the sweep's disconnects."""
    with click_and_drop("pooled-reply-unread") as (subject, operations):
        warm = tuple(replace(client, before=(op.list_orders(),)) for client in operations.base.clients)
        (programme,) = (programme for _, programme in _only(operations, op.LIST_ORDERS).pairs())
        programme = replace(
            programme,
            clients=tuple(
                replace(client, requests=of.requests) for client, of in zip(warm, programme.clients, strict=True)
            ),
        )
        with Runner(subject) as runner:
            runs = [
                runner.run(programme, Planned(), Schedule(("A", "B"), disconnect=Disconnect("A", 0, step)))
                for step in range(3)
            ]
    found = {identity for run in runs for identity in run.identities}
    assert found == {("ownership", "content", op.LIST_ORDERS)}


def test_every_operation_runs_under_control() -> None:
    """Ten operations' pairs are held in ordinary order, and nothing in them is out of control."""
    with click_and_drop() as (subject, operations):
        result = explore(subject, operations, stages=(Lockstep(programmes=10),))
    assert len(operations.each) == 10
    assert result.verdict.outcome is Outcome.HELD, result.verdict


def test_correct_service_is_guaranteed() -> None:
    """A sweep over a pair of the correct service ends in its guarantee."""
    with click_and_drop() as (subject, operations):
        result = explore(subject, _only(operations, op.LIST_ORDERS), stages=(Sweep(disconnects=False),))
    assert result.verdict.outcome is Outcome.HELD, result.verdict
    assert str(result.guarantee).startswith(f"1 pair, {result.schedules} schedules, at most one preemption")
