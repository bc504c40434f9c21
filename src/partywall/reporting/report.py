"""``report.json``: a run for machines. Its schema is published as reports/report.schema.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.gate import Assessment, Found

VERSION = 1


def write_report(folder: Path, assessment: Assessment, *, started: float, ended: float) -> Path:
    """Write the report; it is in place whole or not at all. Times are seconds since the epoch."""
    path = folder / "report.json"
    draft = path.with_suffix(".json.draft")
    draft.write_text(json.dumps(report(assessment, started=started, ended=ended), indent=1) + "\n", "utf-8")
    return draft.replace(path)


def report(assessment: Assessment, *, started: float, ended: float) -> dict[str, Any]:
    """The report as JSON."""
    tally = assessment.tally
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
        "overlaps": tally.overlaps.total(),
        "overlapping": [{"operations": list(pair), "count": count} for pair, count in sorted(tally.overlaps.items())],
        "operations": {operation: asdict(figures) for operation, figures in sorted(tally.coverage.items())},
        "findings": [_finding(found) for found in tally.found.values()],
        "warnings": [_found(found) for found in tally.warned.values()],
        "grid": [asdict(cell) for cell in assessment.grid],
        "power": {
            operation: {
                "transplants": figures.transplants,
                "noticed": figures.noticed,
                "share": figures.noticed / figures.transplants if figures.transplants else None,
            }
            for operation, figures in sorted(tally.coverage.items())
        },
        "bound": {"responses": tally.judged, "confidence": 0.95, "leaking_share_below": assessment.bound},
        "tests": [asdict(test) for test in assessment.tests],
    }


def _finding(found: Found) -> dict[str, Any]:
    folder = f"findings/{found.finding.id}"
    return {**_found(found), "witness": f"{folder}/witness.json", "replay": f"{folder}/replay.py"}


def _found(found: Found) -> dict[str, Any]:
    finding = found.finding
    return {
        "id": finding.id,
        **asdict(finding),
        "chain": list(finding.chain),
        "trial": found.trial,
        "count": found.count,
    }
