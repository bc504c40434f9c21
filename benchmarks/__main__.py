"""``make bench``: every benchmark, its table, and its results as JSON in benchmarks/results/."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import explorer, scan

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run all."""
    RESULTS.mkdir(exist_ok=True)
    for name, measured in {"scan": scan.measured(), "explorer": explorer.measured()}.items():
        print(f"{name}: {measured['what']}")
        for row in measured["rows"]:
            print("  " + ", ".join(f"{key} {value}" for key, value in row.items()))
        (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
