"""What an exploration says: ``explore.json`` for machines (reports/explore.schema.json), lines for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from partywall.explore.witness import FEASIBLE
from partywall.model import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.explore import Exploration, Guarantee, Witness

VERSION = 1
FILE = "explore.json"
_NOT_CONTROLLED = "not controlled: "


@dataclass(frozen=True)
class Explored:
    """An exploration of somebody's application.

    Attributes:
        app: where it is. tenants: who used it.
        operations: what they did. left_out: operation -> why it was not explored, on purpose.
        missing: operation -> why it could not be explored.
        limits: what was not explored of the rest, in words.
    """

    app: str
    seed: int
    tenants: tuple[str, ...]
    operations: tuple[str, ...]
    left_out: dict[str, str]
    missing: dict[str, str]
    limits: tuple[str, ...]
    result: Exploration

    @property
    def verdict(self) -> Verdict:
        """The exploration's, which is not held as long as an operation is missing."""
        missing = tuple(f"{operation}: {why}" for operation, why in self.missing.items())
        return Verdict.of(self.result.verdict.findings, (*self.result.verdict.reasons, *missing))

    @property
    def guarantee(self) -> Guarantee | None:
        """The exploration's. None where an operation that took part proved nothing."""
        return None if self.result.verdict.reasons else self.result.guarantee


def test_file(witness: Witness) -> str:
    """Name of the file with the test that shows it."""
    return f"test_{witness.finding.id}.py"


def text(explored: Explored, *, started: str, seconds: float) -> str:
    """``explore.json``."""
    result, verdict, guarantee = explored.result, explored.verdict, explored.guarantee
    document = {
        "version": VERSION,
        "verdict": verdict.outcome,
        "reasons": list(verdict.reasons),
        "seed": explored.seed,
        "started": started,
        "seconds": round(seconds, 3),
        "app": explored.app,
        "tenants": list(explored.tenants),
        "operations": list(explored.operations),
        "left_out": [{"operation": name, "reason": why} for name, why in explored.left_out.items()],
        "missing": [{"operation": name, "reason": why} for name, why in explored.missing.items()],
        "limits": list(explored.limits),
        "not_controlled": _not_controlled(verdict),
        "schedules": result.schedules,
        "histories": result.judged,
        "guarantee": {**asdict(guarantee), "text": str(guarantee)} if guarantee else None,
        "findings": [_finding(witness) for witness in result.witnesses],
    }
    return json.dumps(document, indent=1) + "\n"


def lines(explored: Explored, folder: Path) -> list[str]:
    """For people."""
    result, verdict = explored.result, explored.verdict
    found = [verdict.outcome.value]
    for witness in result.witnesses:
        found += ["", *witness.story().splitlines(), f"test: {folder / test_file(witness)}", ""]
    if explored.guarantee:
        found.append(f"guarantee: {explored.guarantee}")
    found += [f"because: {reason}" for reason in verdict.reasons]
    found += [f"not explored: {name}: {why}" for name, why in explored.left_out.items()]
    found += [f"not explored: {limit}" for limit in explored.limits]
    count = len(explored.operations)
    operations = f"{count} {'operation' if count == 1 else 'operations'}"
    counted = f"{operations}, {result.schedules:,} schedules, {result.judged:,} different histories"
    return [*found, f"{counted}, seed {explored.seed}; {folder / FILE}"]


def _not_controlled(verdict: Verdict) -> list[str]:
    return [reason.partition(_NOT_CONTROLLED)[2] for reason in verdict.reasons if _NOT_CONTROLLED in reason]


def _finding(witness: Witness) -> dict[str, Any]:
    finding, smallest = witness.finding, witness.smallest
    return {
        "id": finding.id,
        **asdict(finding),
        "chain": list(finding.chain),
        "requests": witness.requests,
        "preemptions": witness.preemptions,
        "disconnects": int(smallest.schedule.disconnect is not None),
        "feasible": witness.feasibility == FEASIBLE,
        "stage": witness.found.stage,
        "strategy": witness.found.run.strategy,
        "at": witness.found.at,
        "story": witness.story(),
        "schedule": smallest.recording.to_text(),
        "test": test_file(witness),
    }
