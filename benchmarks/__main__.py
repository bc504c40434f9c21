"""``make bench``: every benchmark, or those named, its tables, and its results as JSON in benchmarks/results/."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import decoding, hostile_bodies, judging, scan

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
BENCHMARKS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "scan": scan.measured,
    "decoding": decoding.measured,
    "hostile": hostile_bodies.measured,
    "judging": judging.measured,
}


def main(names: list[str]) -> None:
    """Run the benchmarks of these names; without any, all."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"expected benchmarks of {', '.join(BENCHMARKS)}; came {', '.join(unknown)}")
    RESULTS.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        measured = BENCHMARKS[name]()
        print(f"\n{name}: {measured['what']} (Python {measured['python']})")
        for rows in measured.values():
            if isinstance(rows, list):
                print(table(rows))
        (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a table in Markdown; a column for each key that any of them has."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    lines = [keys, ["---"] * len(keys)]
    lines += [
        [f"{value:,}" if isinstance(value := row.get(key, ""), int | float) else str(value) for key in keys]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
