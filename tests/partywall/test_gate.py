"""The gate: what it takes for a run to be held."""

from collections import Counter
from dataclasses import replace

import pytest

from partywall.errors import UsageError
from partywall.gate import Found, Tally, TestOutcome, assess
from partywall.grid import Rule, Seen
from partywall.model import Finding, Outcome
from partywall.oracle.coverage import LOOKS, Coverage, Look
from tests.partywall.histories import NOTES

HELD = TestOutcome("t", "It holds.", Outcome.HELD)
FULL = Coverage(exchanges=9, answered=9, succeeded=9, tenants=3, controlled=3, transplants=3, noticed=3, read=9)
SEEN = {"coverage", "overlaps", "looks", "violated"}
OVERLAPS = Counter({(operation, operation): 2 for operation in NOTES.operations})
LOOKED = {(name, operation, "body"): Look(9, 3, 3) for name in LOOKS for operation in NOTES.operations}
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
        **{name: value for name, value in more.items() if name not in SEEN},
    }
    seen = {"coverage": figures, "overlaps": OVERLAPS, "looks": LOOKED, **{n: v for n, v in more.items() if n in SEEN}}
    return Tally(**values, seen=Seen(**seen))  # type: ignore[arg-type]


def test_held() -> None:
    """Everything exercised, controlled, overlapped and clean: held, exit status 0, with a bound of 3 in n."""
    held = assess(tally(), (HELD,), ())
    assert (held.outcome, held.reasons, held.exit_status, held.bound) == (Outcome.HELD, (), 0, 3 / 63)
    assert {(cell.state, cell.cause) for cell in held.grid} == {("proven", ""), ("inconclusive", "excluded")}
    assert all(cell.reason for cell in held.grid if cell.cause)


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
        ({"coverage": {"get": replace(FULL, unseen=1)}}, (HELD,), (), "1 responses could not be read"),
        ({"looks": LOOKED | {("ownership", "get", "pdf"): Look(9, 3, 2)}}, (HELD,), (), "get, pdf, ownership: 1 of 3"),
        ({"overlaps": Counter({("get", "list"): 1})}, (HELD,), (), "delete, body, ownership: never in flight together"),
        ({"looks": {k: v for k, v in LOOKED.items() if k[1] != "me"}}, (HELD,), (), "but not with this operation"),
    ],
)
def test_inconclusive(
    changed: dict[str, object], tests: tuple[TestOutcome, ...], trouble: tuple[str, ...], reason: str
) -> None:
    """Whatever kept something from being proven makes the run inconclusive, exit status 3, with the reason."""
    assessed = assess(tally(**changed), tests, trouble)
    assert (assessed.outcome, assessed.exit_status) == (Outcome.INCONCLUSIVE, 3)
    assert any(reason in each for each in assessed.reasons)


def test_what_never_succeeded_is_one_reason() -> None:
    """An operation that no request was found for is told once, not once for each property."""
    reasons = assess(tally(coverage={"get": FULL}), (HELD,), ()).reasons
    told = [reason for reason in reasons if "never succeeded" in reason]
    assert len(told) == len(set(told)) > 0
    assert all(reason.count(",") == 0 for reason in told)


def test_violated_beats_inconclusive() -> None:
    """One finding makes the run violated, exit status 1, whatever else went wrong; no bound is claimed."""
    found = {FINDING.id: Found(FINDING, "t/0", 1)}
    violated = {("ownership", "get", "body")}
    assessed = assess(tally(found=found, violated=violated, overlaps=Counter()), (HELD,), ("interrupted",))
    assert (assessed.outcome, assessed.exit_status, assessed.bound) == (Outcome.VIOLATED, 1, None)
    assert [(c.operation, c.property) for c in assessed.grid if c.state == "violated"] == [("get", "ownership")]
    assert assessed.bound_of("get") is None
    assert assessed.bound_of("list") == 3 / 9


def test_rule() -> None:
    """What a rule tolerates is in the report and fails nothing; what it refuses fails; a word nobody has is misuse."""
    found = {FINDING.id: Found(FINDING, "t/0", 1)}
    violated = {("ownership", "get", "body")}
    broken = (replace(HELD, outcome=Outcome.VIOLATED, reason="v"),)
    for word in ("ownership", "content"):
        passed = assess(tally(found=found, violated=violated), broken, (), Rule.of([word]))
        assert (passed.outcome, passed.tolerated) == (Outcome.HELD, frozenset({FINDING.id}))
    assert assess(tally(found=found, violated=violated), broken, (), Rule.of(["existence"])).outcome is Outcome.VIOLATED
    apart = tally(overlaps=Counter())
    assert assess(apart, (HELD,), (), Rule.of(["not-overlapped"])).outcome is Outcome.HELD
    untried = tally(looks={where: look for where, look in LOOKED.items() if where[0] != "noninterference"})
    assert assess(untried, (HELD,), ()).outcome is Outcome.HELD
    assert assess(untried, (HELD,), (), Rule.of(refuse=["not-tried"])).outcome is Outcome.INCONCLUSIVE
    vary = replace(FINDING, property="cache-discipline", kind="vary", value="cookie")
    warned = tally(warned={vary.id: Found(vary, "t/0", 1)})
    assert assess(warned, (HELD,), ()).outcome is Outcome.HELD
    [reason] = assess(warned, (HELD,), (), Rule.of(refuse=["warnings"])).reasons
    assert "lacks what a storable response depends on" in reason
    with pytest.raises(UsageError, match="not-tired"):
        Rule.of(["not-tired"])
