"""The tools that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.peers import authz_matrix, authztrace, offat, overstep, schemathesis
from benchmarks.peers.tool import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.tool import Tool

TOOLS: Final[tuple[Tool, ...]] = (
    overstep.TOOL,
    authztrace.TOOL,
    authz_matrix.TOOL,
    offat.TOOL,
    schemathesis.TOOL,
)
LOCK: Final = ROOT / "requirements-peers.lock"


def versions(lock: Path = LOCK) -> dict[str, str]:
    """The pinned version of each package in a lock file."""
    pins = (line.split()[0].split("==") for line in lock.read_text().splitlines() if "==" in line)
    return {package: version.partition(";")[0] for package, version in pins}
