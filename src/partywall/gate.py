"""The gate: the verdict over a whole run, from its history file and the outcomes of its tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from partywall.model import Outcome
from partywall.oracle.coverage import Coverage
from partywall.record import finding_from_json, policy_from_json, read_records

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.model import Finding
    from partywall.policy import Policy

EXIT_STATUS = {Outcome.HELD: 0, Outcome.VIOLATED: 1, Outcome.INCONCLUSIVE: 3}
USAGE, INTERNAL = 2, 4


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """One test of the run. ``sentence`` is its docstring's first line; ``reason`` says why it did not hold."""

    test: str
    sentence: str
    outcome: Outcome
    reason: str = ""

    __test__ = False  # not a test class to pytest


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of the grid. ``state``: "proven", "violated", "inconclusive" or "excluded"."""

    operation: str
    property: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """All findings of one identity: the first, where it was, and how many there were."""

    finding: Finding
    trial: str
    count: int


@dataclass(slots=True)
class Tally:
    """A history file, counted."""

    seed: int = 0
    policy: Policy | None = None
    exchanges: int = 0
    judged: int = 0
    trials: int = 0
    unjudged: set[str] = field(default_factory=set)
    tenants: int = 0
    coverage: dict[str, Coverage] = field(default_factory=dict)
    overlaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: dict[str, Found] = field(default_factory=dict)
    warned: dict[str, Found] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> Tally:
        """Count a history file."""
        tally = cls()
        for record in read_records(path):
            tally._count(record)
        return tally

    def _count(self, record: dict[str, Any]) -> None:
        match record["record"]:
            case "run":
                self.seed = record["seed"]
            case "policy":
                self.policy = policy_from_json(record)
            case "trial":
                self.trials += 1
                self.unjudged.add(record["trial"])
                self.tenants += sum(not tenant["control"] for tenant in record["tenants"])
            case "exchange":
                self.exchanges += 1
            case "judgement":
                self._judgement(record)

    def _judgement(self, record: dict[str, Any]) -> None:
        self.unjudged.discard(record["trial"])
        self.judged += record["judged"]
        self.reasons += record["reasons"]
        for first, second, count in record["overlaps"]:
            self.overlaps[first, second] += count
        for operation, figures in record["coverage"].items():
            self.coverage.setdefault(operation, Coverage()).add(Coverage(**figures))
        for each in record["findings"]:
            _add(self.found, finding_from_json(each), record["trial"])
        for each in record.get("warnings", ()):
            _add(self.warned, finding_from_json(each), record["trial"])


def _add(found: dict[str, Found], finding: Finding, trial: str) -> None:
    known = found.get(finding.id)
    found[finding.id] = Found(known.finding, known.trial, known.count + 1) if known else Found(finding, trial, 1)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict of a run and what it rests on."""

    outcome: Outcome
    reasons: tuple[str, ...]
    tally: Tally
    grid: tuple[Cell, ...]
    tests: tuple[TestOutcome, ...]

    @property
    def exit_status(self) -> int:
        """What ``partywall run`` exits with."""
        return EXIT_STATUS[self.outcome]

    @property
    def bound(self) -> float | None:
        """With no leak in n responses, the chance that one leaks is below 3/n, at 95 % confidence
        (the rule of three: Hanley and Lippman-Hand, JAMA 249, 1983). None where something was found."""
        return 3 / self.tally.judged if self.tally.judged and not self.tally.found else None


def assess(tally: Tally, tests: tuple[TestOutcome, ...], trouble: tuple[str, ...]) -> Assessment:
    """The verdict. ``trouble`` is what went wrong outside of tests (interrupted, collection failed)."""
    cells = grid(tally, tally.policy) if tally.policy else ()
    reasons = [*trouble]
    reasons += [f"{t.test}: {t.reason}" for t in tests if t.outcome is Outcome.INCONCLUSIVE]
    reasons += tally.reasons
    if not tests:
        reasons.append("no property was tested")
    if not tally.judged:
        reasons.append("no response was judged")
    elif not tally.overlaps:
        reasons.append("no two tenants' requests were ever in flight together")
    reasons += [f"{trial}: never judged" for trial in sorted(tally.unjudged)]
    reasons += [f"{cell.operation}, {cell.property}: {cell.reason}" for cell in cells if cell.state == "inconclusive"]
    violated = tally.found or any(t.outcome is Outcome.VIOLATED for t in tests)
    outcome = Outcome.VIOLATED if violated else Outcome.INCONCLUSIVE if reasons else Outcome.HELD
    return Assessment(outcome, tuple(dict.fromkeys(reasons)), tally, cells, tests)


def grid(tally: Tally, policy: Policy) -> tuple[Cell, ...]:
    """Operation by property: proven, violated, inconclusive or excluded, and why."""
    named = {operation for operation, _ in policy.caller}
    looked = {operation for resource in policy.resources for operation in resource.shown} | {
        listing.operation for resource in policy.resources for listing in resource.listed
    }
    violated = {(f.finding.operation, f.finding.property) for f in tally.found.values()}
    public = {shared.operation: shared.reason for shared in policy.shared if not shared.place}
    cells = []
    for operation in policy.operations:
        figures = tally.coverage.get(operation, Coverage())
        excluded = {
            "ownership": f"shared by policy: {public[operation]}" if operation in public else "",
            "echo": "" if operation in named else "names no caller",
            "completeness": "" if operation in looked else "shows no object that was asked for",
        }
        for name, why_not in excluded.items():
            if (operation, name) in violated:
                cells.append(Cell(operation, name, "violated"))
            elif not figures.succeeded:
                # Even what is shared has to be exercised: a finding in it would have counted.
                cells.append(Cell(operation, name, "inconclusive", "never succeeded"))
            elif why_not:
                cells.append(Cell(operation, name, "excluded", why_not))
            elif blind := _blind(figures):
                cells.append(Cell(operation, name, "inconclusive", blind))
            else:
                cells.append(Cell(operation, name, "proven"))
    return tuple(cells)


def _blind(figures: Coverage) -> str:
    if not figures.controlled:
        return "no owner was ever shown anything provably its own"
    if figures.transplants and not figures.noticed:
        return f"{figures.transplants} responses given to another tenant went unnoticed"
    return ""
