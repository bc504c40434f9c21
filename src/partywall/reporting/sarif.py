"""``results.sarif``: a run for code scanning, in SARIF 2.1.0.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. A result's fingerprint is the finding's id, which
stays the same from run to run. What the baseline lets pass is suppressed; warnings are notes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from partywall.model import Outcome
from partywall.oracle.explain import headline
from partywall.oracle.judge import PROPERTIES
from partywall.oracle.kinds import KINDS, Weight, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from partywall.baseline import Known
    from partywall.gate import Assessment, Found

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "partywall/v1"

_LEVELS = {Weight.WARNING: "note", Weight.EXISTENCE: "warning", Weight.METADATA: "error", Weight.CONTENT: "error"}
_SEVERITIES = {Weight.WARNING: "2.0", Weight.EXISTENCE: "4.0", Weight.METADATA: "6.5", Weight.CONTENT: "9.0"}


def sarif(assessment: Assessment, folder: Path, *, started: float, ended: float) -> dict[str, Any]:
    """The log of one run. Times are seconds since the epoch."""
    known = {each.id: each for each in assessment.rule.known}
    found = [*assessment.found, *assessment.tally.warned.values()]
    tolerated = assessment.tolerated
    names = dict(assessment.tally.policy.names) if assessment.tally.policy else {}
    results = [_result(each, each.finding.id in tolerated, known.get(each.finding.id), folder, names) for each in found]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "partywall",
                        "semanticVersion": version("partywall"),
                        "rules": [_rule(*key) for key in KINDS],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": assessment.outcome is not Outcome.INCONCLUSIVE,
                        "exitCode": assessment.exit_status,
                        "startTimeUtc": _utc(started),
                        "endTimeUtc": _utc(ended),
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": f"not proven: {reason}"}}
                            for reason in assessment.reasons
                        ],
                    }
                ],
                "results": results,
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(property_: str, kind: str) -> dict[str, Any]:
    worth = KINDS[property_, kind]
    sentence = " ".join((PROPERTIES[property_].__doc__ or property_).split())
    return {
        "id": f"{property_}/{kind}",
        "shortDescription": {"text": f"{property_}: {kind}"},
        "fullDescription": {"text": sentence},
        "defaultConfiguration": {"level": _LEVELS[worth.weight]},
        "properties": {"tags": ["security", "isolation"], "security-severity": _SEVERITIES[worth.weight]},
    }


def _result(
    found: Found, tolerated: bool, known: Known | None, folder: Path, names: Mapping[str, str]
) -> dict[str, Any]:
    finding = found.finding
    parties = (label for label in dict.fromkeys((finding.owner, finding.viewer)) if label in names)
    who = "".join(f" {label} is {names[label]}." for label in parties)
    replay = f"findings/{finding.id}/replay.py"
    told: dict[str, Any] = {
        "ruleId": f"{finding.property}/{finding.kind}",
        "ruleIndex": list(KINDS).index((finding.property, finding.kind)),
        "level": _LEVELS[kind_of(finding).weight],
        "message": {"text": f"{headline(finding)}. How that is known: {finding.rule}.{who}"},
        "partialFingerprints": {FINGERPRINT: finding.id},
        "occurrenceCount": found.count,
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": replay}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": finding.operation, "kind": "function"}],
            }
        ],
        "properties": {
            "owner": finding.owner,
            "viewer": finding.viewer,
            "surface": finding.surface,
            "place": finding.place,
            "cause": finding.cause,
        },
    }
    if found.symptom_of:
        told["properties"]["symptomOf"] = found.symptom_of
    if not (folder / replay).exists():
        del told["locations"][0]["physicalLocation"]
    if tolerated:
        reason = f"{known.reason} ({known.owner}, until {known.until})" if known else "the run's rule tolerates it"
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return told


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text(log: dict[str, Any]) -> str:
    """The log as it is written."""
    return json.dumps(log, indent=1) + "\n"
