"""``make bench``: every benchmark, or those named (``python -m benchmarks scan``): its tables on the terminal, its
results as JSON in benchmarks/results/, and all results that are there as docs/benchmarks.md. ``races --quick`` takes a
few minutes instead of half an hour."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import decoding, driver, explorer, hostile_bodies, judging, races, scan, stacks, startup, walls
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
QUICKLY = "--quick"
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BENCHMARKS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "scan": scan.measured,
    "decoding": decoding.measured,
    "hostile": hostile_bodies.measured,
    "judging": judging.measured,
    "stacks": stacks.measured,
    "walls": walls.measured,
    "explorer": explorer.measured,
    "races": races.measured,
    "driver": driver.measured,
    "startup": startup.measured,
}


def main(names: list[str]) -> None:
    """Run the benchmarks of these names; without any, all."""
    chosen = BENCHMARKS
    if QUICKLY in names:
        names = [name for name in names if name != QUICKLY]
        chosen = {**BENCHMARKS, "races": partial(races.measured, races.QUICK)}
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"expected benchmarks of {', '.join(BENCHMARKS)}; came {', '.join(unknown)}")
    RESULTS.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        measured = chosen[name]()
        print(f"\n{section(name, measured)}")
        (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")
    results = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    sections = "\n".join(section(name, measured) for name, measured in results.items())
    DOCUMENT.write_text(f"# Benchmarks\n\nMade by `make bench`. The machine is shared: trust ratios.\n\n{sections}")


def section(name: str, measured: dict[str, Any]) -> str:
    """A benchmark's results in Markdown: what was measured, on what, and a table for each list of rows."""
    if name == "driver":
        rows = [{"client": client, **figures} for client, figures in measured.items()]
        measured = {"what": driver.WHAT, "rows": [{**row, "versions": _versions(row["versions"])} for row in rows]}
    said = [f"{key}: {value}" for key, value in measured.items() if isinstance(value, str) and key != "what"]
    tables = [table(rows) for rows in measured.values() if isinstance(rows, list)]
    told = [f"{'; '.join(said)}.\n"] if said else []
    return "\n".join([f"## {name}\n", f"{measured['what']}.\n", *told, *tables])


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


if __name__ == "__main__":
    main(sys.argv[1:])
