"""Schemathesis: requests made of the API's description, and every read sent as the other user too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.peers.ground import APIS
from benchmarks.peers.tool import Result, Tool, bounded, half, together, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.peers.ground import Ground
    from benchmarks.peers.tool import Budget

WRITTEN = "schemathesis.toml", "users.json"
SEED = 1


def run(ground: Ground, budget: Budget, folder: Path, bin_: Path) -> Result:
    """See `Tool`."""
    parts, notes, share = [], [], half(budget)
    for name in WRITTEN:
        write(name, ground, folder)
    for api in APIS:
        report = folder / f"{api.partition('/')[0]}.json"
        command: list[str | Path] = [bin_ / "st", "run", f"{ground.origin}/{api}/openapi.json"]
        command += ["--no-color", "--seed", str(SEED)]
        command += ["--report", "json", "--report-json-path", report.name]
        done = bounded(command, ground, share, folder)
        told = json.loads(report.read_text()) if report.exists() else {}
        parts.append((done, [f"{each} ({api})" for each in accusations(told)]))
        notes += [f"{api}: {len(told['errors'])} errors"] if told.get("errors") else []
        notes += [] if told else [f"{api}: no report"]
    return together(parts, *notes)


def accusations(report: Mapping[str, Any]) -> list[str]:
    """The failures of its JSON report, each with the operations that it has them of."""
    return [f"{each['title']}: {operation}" for each in report.get("failures", []) for operation in each["operations"]]


TOOL = Tool(
    name="Schemathesis",
    package="schemathesis",
    setup=(
        "`st run` on each of the two descriptions that the service serves, each with half of the requests: all checks, "
        f"all phases, seed {SEED}, both users as `peers` of its Web Fuzzing Commons file for "
        "`object_level_authorization`."
    ),
    written=WRITTEN,
    silent_on=(
        "authorization beyond its two-user check, which looks at reads of JSON by an identifier that a user made or "
        "was listed: not at lists, writes, files, claims, or what others' requests change"
    ),
    run=run,
)
