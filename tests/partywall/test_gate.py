"""The gate: what it takes for a run to be held."""

from collections import Counter
from dataclasses import replace

import pytest

from partywall.gate import Found, Tally, TestOutcome, assess
from partywall.model import Finding, Outcome
from partywall.oracle.coverage import Coverage
from tests.partywall.histories import NOTES

HELD = TestOutcome("t", "It holds.", Outcome.HELD)
FULL = Coverage(exchanges=9, answered=9, succeeded=9, tenants=3, controlled=3, transplants=3, noticed=3)
FINDING = Finding("ownership", "content", "get", "body", "A", "B", "v", "r", "/p", 3)


def tally(**more: object) -> Tally:
    """A run in which all went well, but for what is given."""
    figures = dict.fromkeys(NOTES.operations, FULL)
    values = {
        "seed": 7,
        "policy": NOTES,
        "exchanges": 63,
        "judged": 63,
        "trials": 1,
        "tenants": 3,
        "coverage": figures,
        "overlaps": Counter({("get", "get"): 2}),
        **more,
    }
    return Tally(**values)  # type: ignore[arg-type]


def test_held() -> None:
    """Everything exercised, controlled, overlapped and clean: held, exit status 0, with a bound of 3 in n."""
    held = assess(tally(), (HELD,), ())
    assert (held.outcome, held.reasons, held.exit_status, held.bound) == (Outcome.HELD, (), 0, 3 / 63)
    assert {cell.state for cell in held.grid} == {"proven", "excluded"}
    assert all(cell.reason for cell in held.grid if cell.state == "excluded")


@pytest.mark.parametrize(
    ("changed", "tests", "trouble", "reason"),
    [
        ({"judged": 0}, (HELD,), (), "no response was judged"),
        ({"overlaps": Counter()}, (HELD,), (), "in flight together"),
        ({"unjudged": {"t/3"}}, (HELD,), (), "t/3: never judged"),
        ({"reasons": ["get: not looked at: x"]}, (HELD,), (), "not looked at"),
        ({}, (), (), "no property was tested"),
        ({}, (HELD,), ("interrupted",), "interrupted"),
        ({}, (HELD, replace(HELD, outcome=Outcome.INCONCLUSIVE, reason="log-in refused")), (), "log-in refused"),
        ({"coverage": {}}, (HELD,), (), "never succeeded"),
        ({"coverage": {"get": replace(FULL, controlled=0)}}, (HELD,), (), "provably its own"),
        ({"coverage": {"get": replace(FULL, noticed=0)}}, (HELD,), (), "went unnoticed"),
    ],
)
def test_inconclusive(
    changed: dict[str, object], tests: tuple[TestOutcome, ...], trouble: tuple[str, ...], reason: str
) -> None:
    """Whatever kept something from being proven makes the run inconclusive, exit status 3, with the reason."""
    assessed = assess(tally(**changed), tests, trouble)
    assert (assessed.outcome, assessed.exit_status) == (Outcome.INCONCLUSIVE, 3)
    assert any(reason in each for each in assessed.reasons)


def test_violated_beats_inconclusive() -> None:
    """One finding makes the run violated, exit status 1, whatever else went wrong; no bound is claimed."""
    found = {FINDING.id: Found(FINDING, "t/0", 1)}
    assessed = assess(tally(found=found, overlaps=Counter()), (HELD,), ("interrupted",))
    assert (assessed.outcome, assessed.exit_status, assessed.bound) == (Outcome.VIOLATED, 1, None)
    assert [(c.operation, c.property) for c in assessed.grid if c.state == "violated"] == [("get", "ownership")]
