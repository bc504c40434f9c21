"""Runs of the suite on the clean service with different seeds: not one may find anything.

    python scripts/clean_runs.py [TIMES [FIRST_SEED]]

Prints a line for each run and a sum; exits 1 if one was not held. What such a run has left is kept, in
reports/runs/seed-SEED.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RUNS = Path(__file__).parents[1] / "reports" / "runs"


def run(seed: int) -> dict[str, Any]:
    """The report of one run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "partywall", "run", "isolation_tests", "-n", "auto"]
        command += [f"--seed={seed}", "--report", folder]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        report: dict[str, Any] = json.loads((Path(folder) / "report.json").read_text())
        if report["verdict"] != "held":
            shutil.copytree(folder, RUNS / f"seed-{seed}", dirs_exist_ok=True)
    return report


def main() -> int:
    """Run so many times."""
    times, first = (int(word) for word in [*sys.argv[1:], *("30", "1")[len(sys.argv) - 1 :]])
    reports = []
    for seed in range(first, first + times):
        report = run(seed)
        reports.append(report)
        print(
            f"seed {seed}: {report['verdict']}, {len(report['findings'])} findings in {report['judged']} responses, "
            f"{report['overlaps']} overlaps, {report['seconds']:.0f} s {'; '.join(report['reasons'])[:300]}",
            flush=True,
        )
    held = sum(report["verdict"] == "held" for report in reports)
    found = sum(len(report["findings"]) for report in reports)
    print(f"{held} of {times} held, {found} findings in {sum(report['judged'] for report in reports)} responses")
    return 0 if held == times else 1


if __name__ == "__main__":
    sys.exit(main())
