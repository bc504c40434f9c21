"""The gate: the verdict over a whole run, from its history file and the outcomes of its tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from partywall.events import TestOutcome
from partywall.grid import INCONCLUSIVE, WARNINGS, Cell, Rule, Seen, grid
from partywall.model import Experiment, Outcome
from partywall.oracle.coverage import Coverage, Look
from partywall.oracle.explain import headline
from partywall.oracle.judge import judge
from partywall.oracle.kinds import kind_of
from partywall.oracle.leads import Lead
from partywall.record import (
    Trials,
    finding_from_json,
    judgement_to_json,
    known_from_json,
    policy_from_json,
    read_records,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partywall.baseline import Known
    from partywall.model import Finding
    from partywall.policy import Policy

__all__ = ["EXIT_STATUS", "INTERNAL", "USAGE", "Assessment", "Found", "Tally", "TestOutcome", "assess"]

EXIT_STATUS = {Outcome.HELD: 0, Outcome.VIOLATED: 1, Outcome.INCONCLUSIVE: 3}
USAGE, INTERNAL = 2, 4


@dataclass(frozen=True, slots=True)
class Found:
    """All findings of one identity: the first, where it was, how many there were, the experiments that say its
    cause, and the id of the finding whose leak it is another symptom of, "" if it stands by itself."""

    finding: Finding
    trial: str
    count: int
    experiments: tuple[Experiment, ...] = ()
    symptom_of: str = ""


@dataclass(slots=True)
class Tally:
    """A history file, counted. ``leads``: by operation, provocation and how the service broke, with the trial of the
    first. ``left``: kind -> how many that the run could not remove. ``ended``: its run came to its end, and
    said what became of its tests and by which rule it was read."""

    seed: int = 0
    policy: Policy | None = None
    exchanges: int = 0
    judged: int = 0
    trials: int = 0
    unjudged: set[str] = field(default_factory=set)
    tenants: int = 0
    seen: Seen = field(default_factory=Seen)
    pairs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    left_out: set[tuple[str, str, str]] = field(default_factory=set)
    found: dict[str, Found] = field(default_factory=dict)
    warned: dict[str, Found] = field(default_factory=dict)
    leads: dict[tuple[str, str, str], tuple[Lead, str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    ended: bool = False
    rule: Rule = field(default_factory=Rule)
    tests: tuple[TestOutcome, ...] = ()
    trouble: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path) -> Tally:
        """Count a history file, and believe its judgements."""
        tally = cls()
        for record in read_records(path):
            tally._count(record)
        return tally

    @classmethod
    def again(cls, path: Path) -> Tally:
        """Count a history file, and judge all of it again, as often as it was judged and as far as it was known
        then. A trial that was never judged is judged now; that its run did not get there is still a reason."""
        tally, trials = cls(), Trials()
        for record in read_records(path):
            trials.hear(record)
            if record["record"] == "judgement":
                record = tally._judge(trials, record["trial"])
            tally._count(record)
        for trial in sorted(tally.unjudged):
            tally._count(tally._judge(trials, trial))
            tally.unjudged.add(trial)
        if not tally.ended:
            tally.trouble = ("the run did not come to its end",)
        return tally

    def _judge(self, trials: Trials, trial: str) -> dict[str, Any]:
        judgement = judgement_to_json(judge(trials.history(trial), trials.policy(trial)))
        if trials.cut(trial):
            reason = f"{trial}: bodies were cut when they were recorded: what they showed can't be judged again"
            judgement["reasons"].append(reason)
        return {"record": "judgement", "trial": trial, **judgement}

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
            case "cause":
                self._explained(record)
            case "left":
                self.left = dict(record["objects"])
            case "end":
                self.ended = True
                self.tests = tuple(TestOutcome(**{**t, "outcome": Outcome(t["outcome"])}) for t in record["tests"])
                self.trouble = tuple(record["trouble"])
                known = tuple(known_from_json(each) for each in record["known"])
                self.rule = Rule(frozenset(record["tolerated"]), known, date.fromisoformat(record["day"]))

    def _judgement(self, record: dict[str, Any]) -> None:
        self.unjudged.discard(record["trial"])
        self.judged += record["judged"]
        self.reasons += record["reasons"]
        for first, second, count in record["overlaps"]:
            self.seen.overlaps[first, second] += count
        for operation, figures in record["coverage"].items():
            self.seen.coverage.setdefault(operation, Coverage()).add(Coverage(**figures))
        for name, operation, surface, *look in record["looks"]:
            self.seen.looks.setdefault((name, operation, surface), Look()).add(Look(*look))
        self.left_out.update((operation, surface, place) for operation, surface, place in record["left_out"])
        for owner, viewer, state, count in record["pairs"]:
            self.pairs[owner, viewer, state] += count
        for each in record["findings"]:
            finding = finding_from_json(each)
            self.seen.violated.add((finding.property, finding.operation, finding.surface))
            _add(self.found, finding, record["trial"])
        for each in record["warnings"]:
            _add(self.warned, finding_from_json(each), record["trial"])
        for each in record.get("leads", ()):
            self._lead(Lead(**each), record["trial"])

    def _explained(self, record: dict[str, Any]) -> None:
        if found := self.found.get(record["finding"]):
            experiments = tuple(Experiment(**each) for each in record["experiments"])
            finding = replace(found.finding, cause=record["cause"])
            symptom_of = record.get("symptom_of", "")
            self.found[record["finding"]] = replace(
                found, finding=finding, experiments=experiments, symptom_of=symptom_of
            )

    def _lead(self, lead: Lead, trial: str) -> None:
        what = (lead.operation, lead.provocation, lead.broke)
        if what in self.leads:
            known, trial = self.leads[what]
            lead = replace(known, count=known.count + lead.count, sent=known.sent + lead.sent)
        self.leads[what] = lead, trial


def _add(found: dict[str, Found], finding: Finding, trial: str) -> None:
    known = found.get(finding.id)
    found[finding.id] = replace(known, count=known.count + 1) if known else Found(finding, trial, 1)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict of a run and what it rests on.

    Attributes:
        found: the worst first; a symptom names only what was found too, and is let pass or refused like it.
        tolerated: ids of those that the rule lets pass.
        rule: by which it was read.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    tally: Tally
    grid: tuple[Cell, ...]
    tests: tuple[TestOutcome, ...]
    found: tuple[Found, ...] = ()
    tolerated: frozenset[str] = frozenset()
    rule: Rule = field(default_factory=Rule)

    @property
    def exit_status(self) -> int:
        """What ``partywall run`` exits with."""
        return EXIT_STATUS[self.outcome]

    @property
    def leaks(self) -> Iterator[tuple[Found, list[Found]]]:
        """What was found and stands by itself, each with its further symptoms."""
        for found in self.found:
            if not found.symptom_of:
                yield found, [each for each in self.found if each.symptom_of == found.finding.id]

    @property
    def gone(self) -> tuple[Known, ...]:
        """What the baseline has and the run did not find."""
        found = {each.finding.id for each in self.found}
        return tuple(each for each in self.rule.known if each.id not in found)

    @property
    def bound(self) -> float | None:
        """With no leak in n responses, the chance that one leaks is below 3/n, at 95 % confidence
        (the rule of three: Hanley and Lippman-Hand, JAMA 249, 1983). None where something was found."""
        return 3 / self.tally.judged if self.tally.judged and not self.tally.found else None

    def bound_of(self, operation: str) -> float | None:
        """The same of one operation."""
        found = any(found.finding.operation == operation for found in self.found)
        answered = self.tally.seen.coverage.get(operation, Coverage()).answered
        return 3 / answered if answered and not found else None


def assess(
    tally: Tally, tests: tuple[TestOutcome, ...], trouble: tuple[str, ...], rule: Rule | None = None
) -> Assessment:
    """The verdict. ``trouble`` is what went wrong outside of tests (interrupted, collection failed)."""
    rule = rule or Rule()
    cells = grid(tally.policy, tally.seen) if tally.policy else ()
    found = tuple(sorted(tally.found.values(), key=lambda each: kind_of(each.finding), reverse=True))
    tolerated = frozenset(each.finding.id for each in found if not rule.refuses_finding(each.finding))
    found = tuple(each if _symptom(each, tally, tolerated) else replace(each, symptom_of="") for each in found)
    reasons = [*trouble]
    reasons += [f"{t.test}: {t.reason}" for t in tests if t.outcome is Outcome.INCONCLUSIVE]
    reasons += tally.reasons
    if not tests:
        reasons.append("no property was tested")
    if not tally.judged:
        reasons.append("no response was judged")
    elif not tally.seen.overlaps and rule.refuses("not-overlapped"):
        reasons.append("no two tenants' requests were ever in flight together")
    reasons += [f"{trial}: never judged" for trial in sorted(tally.unjudged)]
    reasons += [
        f"baseline: {known.id} ({known.owner}) was let pass until {known.until}: take it out, or give it another day"
        for known in rule.known
        if known.expired(rule.day)
    ]
    reasons += [
        _words(cell) for cell in cells if cell.state == INCONCLUSIVE and rule.refuses(cell.cause, cell.property)
    ]
    if rule.refuses(WARNINGS):
        reasons += [f"warning: {headline(warned.finding)}" for warned in tally.warned.values()]
    # A test that ended in a violation without a finding in the file lost its evidence, not its verdict.
    lost = not found and any(t.outcome is Outcome.VIOLATED for t in tests)
    violated = len(tolerated) < len(found) or lost
    outcome = Outcome.VIOLATED if violated else Outcome.INCONCLUSIVE if reasons else Outcome.HELD
    return Assessment(outcome, tuple(dict.fromkeys(reasons)), tally, cells, tests, found, tolerated, rule)


def _symptom(found: Found, tally: Tally, tolerated: frozenset[str]) -> bool:
    of = found.symptom_of
    return of in tally.found and (of in tolerated) == (found.finding.id in tolerated)


def _words(cell: Cell) -> str:
    if cell.cause == "never-succeeded":  # one reason for all of its cells
        return f"{cell.operation}: {cell.reason}"
    where = f"{cell.operation}, {cell.surface}" if cell.surface else cell.operation
    return f"{where}, {cell.property}: {cell.reason}"
