"""What a judgement rests on: coverage, positive controls, transplants, overlap."""

from dataclasses import replace
from typing import Any

from partywall.ledger import Ledger
from partywall.model import Outcome
from partywall.oracle.coverage import Look, exercised, overlaps
from partywall.oracle.explain import explain, headline
from partywall.oracle.judge import PROPERTIES, judge
from partywall.oracle.kinds import KINDS
from partywall.policy import Grant, Shared
from tests.partywall.histories import CONTROL, NOTES, A, B, did, history, mark


def test_figures() -> None:
    """Each operation's figures count what was sent, what succeeded, and whose success showed its own."""
    made = history(
        did(A, "create", sent={"t": mark(A)}, came={"id": 1, "t": mark(A)}),
        did(B, "create", status=500),
        did(A, "list", came={"notes": []}),
        did(B, "list", status=None, fault="hung up"),
        did(CONTROL, "version", came={"v": 1}),
    )
    figures = exercised(Ledger.of(made, NOTES), ()).operations
    assert (figures["create"].exchanges, figures["create"].succeeded, figures["create"].broke) == (2, 1, 1)
    assert (figures["create"].tenants, figures["create"].controlled) == (1, 1)
    assert (figures["list"].exchanges, figures["list"].answered, figures["list"].controlled) == (2, 1, 0)
    assert (figures["version"].succeeded, figures["version"].tenants) == (1, 0)
    assert figures["delete"].exchanges == 0


def test_power() -> None:
    """A response given to another tenant is noticed if it shows anything of its owner; an empty one has nothing to
    notice, and is no transplant."""
    made = history(
        did(A, "create", sent={"t": mark(A)}, came={"id": 1, "t": mark(A)}),
        did(A, "get", "/notes/1", came={"id": 1}),
        did(A, "list", came={"notes": []}),
    )
    seen = exercised(Ledger.of(made, NOTES), ())
    figures = [seen.operations[operation] for operation in ("create", "get", "list")]
    assert [(f.transplants, f.noticed, f.nothing_to_notice) for f in figures] == [(1, 1, 0), (1, 1, 0), (0, 0, 1)]
    assert seen.looks["ownership", "get", "body"] == Look(1, 1, 1)
    assert seen.looks["completeness", "list", "body"] == Look(1, 0, 0)


def test_unanswered() -> None:
    """Requests that name another tenant's are counted, and those of them that were told neither yes nor no."""
    made = history(
        did(A, "create", sent={"t": mark(A)}, came={"id": 1234, "t": mark(A)}),
        did(A, "get", "/notes/1234", came={"id": 1234}),
        *(did(B, "get", "/notes/1234", status=status) for status in (404, 408, 429, 500)),
        did(B, "get", "/notes/9999", status=429),
    )
    figures = exercised(Ledger.of(made, NOTES), ()).operations["get"]
    assert (figures.foreign, figures.unanswered) == (4, 3)


def test_overlaps() -> None:
    """Only requests of different tenants that were in flight at one moment overlap."""
    made = history(
        did(A, "get", at=(0, 10)),
        did(B, "list", at=(5, 20)),
        did(A, "list", at=(10, 12)),
        did(B, "get", at=(30, 40)),
        did(B, "get", at=(31, 41)),
    )
    assert overlaps(made) == {("get", "list"): 1, ("list", "list"): 1}


def test_verdicts() -> None:
    """Clean and looked at is held, a finding is violated, nothing judged or not looked at is inconclusive."""
    clean = did(A, "get", came={"t": mark(A)})
    leak = did(B, "get", came={"t": mark(A)})
    broken = did(B, "get", came=b"%PDF-1.4 cut")
    assert judge(history(dict(clean)), NOTES).verdict.outcome is Outcome.HELD
    assert judge(history(dict(clean), dict(leak), dict(broken)), NOTES).verdict.outcome is Outcome.VIOLATED
    assert judge(history(dict(clean), dict(broken)), NOTES).verdict.outcome is Outcome.INCONCLUSIVE
    nothing = judge(history(did(A, "get", status=None, fault="refused")), NOTES).verdict
    assert (nothing.outcome, nothing.reasons) == (Outcome.INCONCLUSIVE, ("no response was judged",))


def test_warnings_change_no_verdict() -> None:
    """A response that may be stored though it is private is a warning, the same with and without a leak, and evidence
    in the story of a leak of the same operation."""
    public: dict[str, Any] = {
        "headers": (("Cache-Control", "public"),),
        "credentials": (("authorization", mark(B, 1)),),
    }
    clean = history(did(B, "list", came={"notes": [{"t": mark(B)}]}, **public))
    verdict = judge(clean, NOTES).verdict
    assert (verdict.outcome, {f.kind for f in verdict.warnings}) == (Outcome.HELD, {"storable", "vary"})
    leaking = history(did(A, "create", sent={"t": mark(A)}), did(B, "list", came={"t": mark(A)}, **public))
    verdict = judge(leaking, NOTES).verdict
    assert (verdict.outcome, {f.property for f in verdict.findings}) == (Outcome.VIOLATED, {"ownership"})
    assert "evidence   list: a shared cache may store" in explain(verdict.findings[0], leaking, verdict.warnings)


def test_order_of_kinds() -> None:
    """Content is worse than metadata, metadata than existence, existence than a warning; a write is worse than a
    read."""
    order = [
        ("integrity", "changed"),
        ("ownership", "content"),
        ("ownership", "identifier"),
        ("existence", "existence"),
        ("cache-discipline", "storable"),
    ]
    assert sorted(order, key=KINDS.__getitem__, reverse=True) == order
    assert all(name in {p for p, _ in KINDS} for name in PROPERTIES)


def test_explained() -> None:
    """The story names who, as whom, what was asked, what came, whose it was and how that is known."""
    made = history(
        did(A, "create", "/notes", sent={"t": mark(A)}, came={"id": 1}),
        did(B, "list", "/notes?page=1", came={"notes": [{"t": mark(A)}]}, provocations=("warm",)),
    )
    [finding] = judge(made, NOTES).verdict.findings
    story = explain(finding, made)
    assert headline(finding) == f"list: body shows B a value of A: {mark(A)}"
    for part in ("exchange 0", "A POST /notes", "exchange 1", "B GET /notes?page=1 -> 200 [warm]", "/notes/0/t", "tag"):
        assert part in story
    lost = history(did(A, "create", came={"id": 1}), did(A, "get", "/notes/1", status=404))
    [missing] = judge(lost, NOTES).verdict.findings
    assert headline(missing) == "get: A's own 1 is missing"
    assert finding.id != missing.id
    assert len(finding.id) == 12


def test_pairs() -> None:
    """For each ordered pair of tenants: operations in which the owner is shown its own and the viewer was answered."""
    made = history(
        did(A, "create", sent={"t": mark(A)}, came={"id": 1, "t": mark(A)}),
        did(A, "get", "/notes/1", came={"id": 1, "t": mark(A)}),
        did(B, "get", "/notes/1", came={"id": 1, "t": mark(A)}),
    )
    pairs = judge(made, NOTES).exercised.pairs
    operations = len(NOTES.operations)
    assert pairs["A", "B", "violated"] == 1
    assert pairs["A", "B", "proven"] == 0
    assert pairs["A", "control", "inconclusive"] == operations
    assert ("control", "A", "proven") not in pairs
    assert sum(count for (owner, viewer, _), count in pairs.items() if (owner, viewer) == ("A", "B")) == operations


def test_grant_costs_no_power() -> None:
    """A grant leaves the responses that are given to others as noticeable as they were; of its pair nothing is proven,
    and what was violated counts."""
    made = history(
        did(A, "create", sent={"t": mark(A)}, came={"id": 1, "t": mark(A)}),
        did(B, "get", "/notes/1", came={"id": 1, "t": mark(A)}),
        did(A, "get", "/notes/1", came={"id": 1, "t": mark(A)}),
        did(B, "change", "/notes/1", sent={"t": "x"}, status=404),
        did(A, "get", "/notes/1", came={"id": 1, "t": "x"}),
    )
    granting = judge(made, replace(NOTES, granted=(Grant("A", "B", "B keeps the books of A"),)))
    [before, after] = [each.exercised for each in (judge(made, NOTES), granting)]
    assert (after.operations, after.looks) == (before.operations, before.looks)
    assert after.operations["get"].transplants == after.operations["get"].noticed == 2
    assert [finding.identity for finding in granting.verdict.findings] == [("integrity", "changed", "change")]
    assert [pair for pair in after.pairs if pair[:2] == ("A", "B")] == [("A", "B", "violated")]
    assert after.pairs["B", "A", "inconclusive"] == before.pairs["B", "A", "inconclusive"]


def test_shared_place_costs_no_power() -> None:
    """A response that shows its viewer's own at a shared place alone is none whose transplant could be noticed."""
    shares = replace(NOTES, shared=(Shared("get", "said aloud", "/said"),))
    made = history(did(A, "get", "/notes/1", came={"said": mark(A)}), did(B, "get", "/notes/2", came={"t": mark(B)}))
    figures = judge(made, shares).exercised.operations["get"]
    assert (figures.transplants, figures.noticed, figures.nothing_to_notice) == (1, 1, 1)


def test_id_given_again() -> None:
    """An id that two tenants had, one after the other, is no control: a transplant of it could not be noticed."""
    made = history(
        did(A, "create", came={"id": 1}),
        did(A, "delete", "/notes/1", came={"id": 1}),
        did(B, "create", came={"id": 1}),
        did(B, "change", "/notes/1", came={"id": 1}),
        did(B, "create", came={"id": 2}),
        did(B, "change", "/notes/2", came={"id": 2}),
    )
    judgement = judge(made, NOTES)
    figures = judgement.exercised.operations["change"]
    assert judgement.verdict.outcome is Outcome.HELD
    assert (figures.transplants, figures.noticed, figures.nothing_to_notice) == (1, 1, 1)
