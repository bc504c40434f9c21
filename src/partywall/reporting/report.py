"""``report.json``: a run for machines. Its schema is published as reports/report.schema.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from partywall.record import known_to_json

if TYPE_CHECKING:
    from collections import Counter

    from partywall.gate import Assessment, Found

VERSION = 1
_FILES = {"witness": "witness.json", "replay": "replay.py"}
STATES = ("proven", "violated", "inconclusive")


def text(assessment: Assessment, *, started: float, ended: float) -> str:
    """The report as it is written."""
    return json.dumps(report(assessment, started=started, ended=ended), indent=1) + "\n"


def report(assessment: Assessment, *, started: float, ended: float) -> dict[str, Any]:
    """The report as JSON."""
    tally, seen = assessment.tally, assessment.tally.seen
    return {
        "version": VERSION,
        "verdict": assessment.outcome,
        "reasons": list(assessment.reasons),
        "seed": tally.seed,
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(ended - started, 3),
        "exchanges": tally.exchanges,
        "judged": tally.judged,
        "trials": tally.trials,
        "tenants": tally.tenants,
        "overlaps": seen.overlaps.total(),
        "overlapping": [{"operations": list(pair), "count": count} for pair, count in sorted(seen.overlaps.items())],
        "operations": {operation: asdict(figures) for operation, figures in sorted(seen.coverage.items())},
        "findings": [_finding(found, found.finding.id in assessment.tolerated) for found in assessment.found],
        "warnings": [_found(found) for found in tally.warned.values()],
        "leads": [{**asdict(lead), "trial": trial} for lead, trial in tally.leads.values()],
        "grid": [asdict(cell) for cell in assessment.grid],
        "pairs": _pairs(tally.pairs),
        "names": dict(tally.policy.names) if tally.policy else {},
        "granted": [asdict(grant) for grant in tally.policy.granted] if tally.policy else [],
        "left_behind": [{"kind": kind, "count": count} for kind, count in tally.left.items()],
        "left_out": [
            {"operation": operation, "surface": surface, "place": place}
            for operation, surface, place in sorted(tally.left_out)
        ],
        "power": {
            operation: {
                "transplants": figures.transplants,
                "noticed": figures.noticed,
                "share": figures.noticed / figures.transplants if figures.transplants else None,
                "nothing_to_notice": figures.nothing_to_notice,
            }
            for operation, figures in sorted(seen.coverage.items())
        },
        "bound": {
            "responses": tally.judged,
            "confidence": 0.95,
            "leaking_share_below": assessment.bound,
            "operations": {
                operation: {"responses": figures.answered, "leaking_share_below": assessment.bound_of(operation)}
                for operation, figures in sorted(seen.coverage.items())
            },
        },
        "baseline": _baseline(assessment),
        "tests": [asdict(test) for test in assessment.tests],
    }


def _baseline(assessment: Assessment) -> list[dict[str, Any]]:
    """What became of each finding that is known: still found, over its day, or gone."""
    gone = {each.id for each in assessment.gone}
    expired = {each.id for each in assessment.rule.known if each.expired(assessment.rule.day)}
    return [
        {
            **known_to_json(each),
            "state": "gone" if each.id in gone else "expired" if each.id in expired else "known",
        }
        for each in assessment.rule.known
    ]


def _pairs(pairs: Counter[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"owner": owner, "viewer": viewer, **{state: pairs[owner, viewer, state] for state in STATES}}
        for owner, viewer in sorted({(owner, viewer) for owner, viewer, _ in pairs})
    ]


def _finding(found: Found, tolerated: bool) -> dict[str, Any]:
    files = {name: f"findings/{found.finding.id}/{file}" for name, file in _FILES.items()}
    return {**_found(found), "tolerated": tolerated, "symptom_of": found.symptom_of or None, **files}


def _found(found: Found) -> dict[str, Any]:
    finding = found.finding
    return {
        "id": finding.id,
        **asdict(finding),
        "chain": list(finding.chain),
        "trial": found.trial,
        "count": found.count,
        "experiments": [asdict(each) for each in found.experiments],
    }
