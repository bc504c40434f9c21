"""overstep: a matrix of who may do what, sent request by request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.peers.tool import Result, Tool, bounded, together, write

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.ground import Ground
    from benchmarks.peers.tool import Budget

REGRESSION = "unexpected-deny"
"""What it calls an owner who was refused: told, and no reason for it to fail."""
INCONCLUSIVE = 3


def run(ground: Ground, budget: Budget, folder: Path, bin_: Path) -> Result:
    """See `Tool`."""
    matrix = write("overstep.yaml", ground, folder)
    done = bounded([bin_ / "overstep", "run", matrix.name, "--out", "out"], ground, budget, folder)
    found = folder / "out" / "findings.json"
    note = "inconclusive by its own account" if done.status == INCONCLUSIVE else ""
    return together([(done, accusations(found) if found.exists() else [])], note)


def accusations(report: Path) -> list[str]:
    """The vulnerabilities in its ``findings.json``."""
    return [
        f"{each['vuln_class']}: {each['subject']}, {each['variant']}, {each['method']} {each['resource']}"
        for each in json.loads(report.read_text())["findings"]
        if each["vuln_class"] != REGRESSION
    ]


TOOL = Tool(
    name="overstep",
    package="overstep",
    setup=(
        "`overstep run` with a matrix of both users and nobody: every object by its identifier, under each path that "
        "takes one, with a marker of its owner; the writes; tenant claims in headers and cookies as further places "
        "of ownership. Lists and reads of several objects are written as one resource for each user, which the other "
        "has been granted if the answer has the user's marker in it."
    ),
    written=("overstep.yaml",),
    silent_on=(
        "requests and policies that nobody wrote down; authentication; what a refusal says; what comes of a write; "
        "anything that takes a time or an order of requests"
    ),
    run=run,
)
