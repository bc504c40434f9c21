"""The grid: what is excluded, what was left out, what was never tried, and that nothing else counts as proven."""

from collections import Counter
from dataclasses import replace

import pytest

from partywall.grid import Cell, Seen, grid
from partywall.oracle.coverage import Coverage, Look
from partywall.policy import Excluded, Policy
from tests.partywall.histories import NOTES
from tests.partywall.notation import POLICY

READ = Coverage(exchanges=9, answered=9, succeeded=9, tenants=2, controlled=2, read=9)
WRITTEN = replace(READ, read=0, written=9)
NEVER = "no-such-operation"


def cell(name: str, operation: str, figures: Coverage, policy: Policy = POLICY, **seen: object) -> Cell:
    """The one cell of a property and an operation, where all else went well."""
    known = Seen(coverage={operation: figures}, overlaps=Counter({(operation, operation): 2}), **seen)  # type: ignore[arg-type]
    (found,) = (c for c in grid(policy, known) if (c.property, c.operation) == (name, operation))
    return found


@pytest.mark.parametrize(
    ("name", "operation", "figures", "reason"),
    [
        ("integrity", "get", READ, "only reads"),
        ("existence", "me", READ, "takes no ids"),
        ("existence", "create", WRITTEN, "takes no ids"),
        ("session", "version", READ, "open to everyone"),
        ("session", "log-out", WRITTEN, "ends sessions"),
        ("staleness", "version", READ, "open to everyone"),
        ("exactly-once", "get", READ, "no effect"),
        ("cache-discipline", "create", WRITTEN, "never a GET"),
    ],
)
def test_excluded(name: str, operation: str, figures: Coverage, reason: str) -> None:
    """Where a property has nothing to look at, the cell says why, whatever it looked at elsewhere."""
    found = cell(name, operation, figures, looks={(name, NEVER, "body"): Look(3)})
    assert (found.state, found.cause, found.looks) == ("inconclusive", "excluded", 0)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("name", "operation", "figures"),
    [
        ("integrity", "change", WRITTEN),
        ("integrity", "print", READ),
        ("integrity", "me", replace(READ, written=1)),
        ("existence", "get", READ),
        ("existence", "create", replace(WRITTEN, named=1)),
        ("session", "log-in", WRITTEN),
        ("session", "get", READ),
        ("staleness", "get", READ),
        ("staleness", "me", READ),
        ("exactly-once", "pay", WRITTEN),
        ("cache-discipline", "me", READ),
    ],
)
def test_left_out(name: str, operation: str, figures: Coverage) -> None:
    """What could have been looked at and was not is left out where others were, never tried where none was, and
    proven only once it was."""
    elsewhere = {(name, NEVER, "body"): Look(3)}
    assert cell(name, operation, figures, looks=elsewhere).cause == "left-out"
    assert cell(name, operation, figures).cause == "not-tried"
    looked = cell(name, operation, figures, looks={(name, operation, "status"): Look(2)})
    assert (looked.state, looked.surface, looked.looks) == ("proven", "status", 2)


@pytest.mark.parametrize("name", ["ownership", "integrity", "existence"])
def test_unanswered(name: str) -> None:
    """Where all requests that named another tenant's were turned away by a limit or broke the service, nothing is
    proven, however much else was looked at; where one was answered, it is: a limit alone alarms nobody."""
    looks = {(name, "change", "body"): Look(9)}
    found = cell(name, "change", replace(WRITTEN, foreign=3, unanswered=3), looks=looks)
    assert (found.state, found.cause) == ("inconclusive", "unanswered")
    assert "429" in found.reason
    assert cell(name, "change", replace(WRITTEN, foreign=3, unanswered=3)).cause == "unanswered"
    assert cell(name, "change", replace(WRITTEN, foreign=3, unanswered=2), looks=looks).state == "proven"


@pytest.mark.parametrize("name", ["session", "staleness", "integrity"])
def test_policy_without(name: str) -> None:
    """A policy without log-outs, revocations or objects leaves nothing to look at; what was looked at all the same
    counts."""
    bare = replace(NOTES, resources=())
    assert cell(name, "change", WRITTEN, policy=bare).cause == "excluded"
    assert cell(name, "change", WRITTEN, policy=bare, looks={(name, "change", "body"): Look(1)}).state == "proven"


def test_violated_anywhere() -> None:
    """A finding has its cell, on a surface where nothing else was looked at and in an operation that the policy does
    not list; it alone is added."""
    seen = Seen(violated={("session", "get", "cookie"), ("session", "operator: issue", "body")})
    violated = {(c.property, c.operation, c.surface) for c in grid(NOTES, seen) if c.state == "violated"}
    assert violated == seen.violated
    assert sum(c.operation == "operator: issue" for c in grid(NOTES, seen)) == 1


def test_excluded_by_policy() -> None:
    """What a policy leaves out is in the grid with its reason, even if it was never sent; a violation in it counts."""
    policy = Policy(
        operations=("list",),
        excluded=(Excluded("reset", "it takes away what all stand on"), Excluded("list", "it is empty", "ownership")),
    )
    cells = grid(policy, Seen())
    assert {(cell.cause, cell.reason) for cell in cells if cell.operation == "reset"} == {
        ("excluded", "it takes away what all stand on")
    }
    assert {cell.cause for cell in cells if cell.operation == "list" and cell.property == "ownership"} == {"excluded"}
    assert {cell.cause for cell in cells if cell.operation == "list" and cell.property == "integrity"} == {
        "never-succeeded"
    }
    violated = grid(policy, Seen(violated={("ownership", "reset", "body")}))
    assert [(c.property, c.state) for c in violated if c.state == "violated"] == [("ownership", "violated")]
