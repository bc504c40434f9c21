"""authztrace: a contract of who owns what, replayed as everybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.peers.tool import Result, Tool, bounded, together, write

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.ground import Ground
    from benchmarks.peers.tool import Budget

INCONCLUSIVE = 2
WRONG = ("fail", "warn")


def run(ground: Ground, budget: Budget, folder: Path, bin_: Path) -> Result:
    """See `Tool`."""
    contract, report = write("authztrace.yaml", ground, folder), folder / "report.json"
    command: list[str | Path] = [bin_ / "authztrace", "run", "-c", contract.name, "--include-unsafe", "--strict"]
    done = bounded([*command, "--json", report.name], ground, budget, folder)
    note = "set-up not trustworthy by its own account" if done.status == INCONCLUSIVE else ""
    return together([(done, accusations(report) if report.exists() else [])], note)


def accusations(report: Path) -> list[str]:
    """The checks of its JSON report that failed, or warn, which is a failure where it is strict."""
    return [
        f"{each['category']}: {each['request']['method']} {each['name']}"
        for each in json.loads(report.read_text())["results"]
        if each["outcome"] in WRONG
    ]


TOOL = Tool(
    name="authztrace",
    package="authztrace",
    setup=(
        "`authztrace run --include-unsafe --strict` with a contract of both users and nobody: every object by its "
        "identifier with its owner's marker, a refusal being 401 or 404, as this service conceals what is another's; "
        "deletions, refunds and tenant claims in headers and cookies as explicit contracts."
    ),
    written=("authztrace.yaml",),
    silent_on=(
        "lists, and other answers of 200 that are right but for what is in them: an answer is allowed or denied by its "
        "status; method overrides, predictable identifiers, mass assignment and GraphQL are on its roadmap"
    ),
    run=run,
)
