"""OFFAT: attacks made of the API's description, with what two users may send."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from benchmarks.peers.ground import APIS
from benchmarks.peers.tool import Result, Tool, bounded, half, together, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.peers.ground import Ground
    from benchmarks.peers.tool import Budget


def run(ground: Ground, budget: Budget, folder: Path, bin_: Path) -> Result:
    """See `Tool`."""
    parts, notes = [], []
    data = write("offat.yaml", ground, folder)
    for api in APIS:
        report, url = folder / f"{api.partition('/')[0]}.json", f"{ground.origin}/{api}"
        command: list[str | Path] = [bin_ / "offat", "-f", f"{url}/openapi.json", "--server", url, "-tdc", data.name]
        done = bounded([*command, "-o", report.name, "-of", "json"], ground, half(budget), folder)
        paths = ground.paths[api]
        told = json.loads(report.read_text())["results"] if report.exists() else []
        parts.append((done, accusations(told, [f"/{api}{path}" for path in paths])))
        notes += [] if told else [f"{api}: no report"]
    return together(parts, *notes)


def accusations(results: Sequence[dict[str, Any]], templates: Sequence[str]) -> list[str]:
    """What its JSON report calls vulnerable or exposed, by operation: the paths have random values in them."""
    found = []
    for each in results:
        operation = f"{each['method']} {_template(each['endpoint'], templates)}"
        if each["vulnerable"]:
            found.append(f"{each['test_name']}: {operation}")
        found += [f"data exposure, {kind}: {operation}" for kind in each["data_leak"]]
    return sorted(set(found))


def _template(path: str, templates: Sequence[str]) -> str:
    """The path of the description that this one was made of, itself if there is none."""
    for template in templates:
        if re.fullmatch(re.sub(r"\\\{.*?\\\}", ".+?", re.escape(template)), path, re.DOTALL):
            return template
    return path


TOOL = Tool(
    name="OFFAT",
    package="offat",
    setup=(
        "`offat` on each of the two descriptions that the service serves, each with half of the requests and a file of "
        "test data: both users as actors, each with its key, and with the other's identifiers in what bodies may take; "
        "the paths of the second user's objects as endpoints that the first is not authorized for. What it reports is "
        "what it calls vulnerable, and data that it says is exposed; its exit status says nothing of either."
    ),
    written=("offat.yaml",),
    silent_on=(
        "objects that somebody made: it fills paths with random values, and takes none for them from its file of test "
        "data; broken authentication; it says that its check of object-level authorization may need mending"
    ),
    run=run,
)
