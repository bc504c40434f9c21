"""``make bench``: every benchmark, or those named, its table, and its results as JSON in benchmarks/results/."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import decoding, hostile_bodies, scan

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
BENCHMARKS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "scan": scan.measured,
    "decoding": decoding.measured,
    "hostile": hostile_bodies.measured,
}


def main(names: list[str]) -> None:
    """Run the benchmarks of these names; without any, all."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"expected benchmarks of {', '.join(BENCHMARKS)}; came {', '.join(unknown)}")
    RESULTS.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        measured = BENCHMARKS[name]()
        print(f"{name}: {measured['what']}")
        for row in measured["rows"]:
            print("  " + ", ".join(f"{key} {value}" for key, value in row.items()))
        (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
