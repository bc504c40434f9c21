"""The service is killed at a random moment of a run: the run must never say held, and its report must be readable.

    python -m scripts.kill_service [TIMES [SEED]]

Reads /proc, so it needs Linux. Prints a line for each run; exits 1 if one was not inconclusive or left no report. What
such a run has left is kept, in reports/runs/killed-SECONDS.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.processes import children

RUNS = Path(__file__).parents[1] / "reports" / "runs"
WITHIN_S = 45.0


def killed_run(after_s: float, folder: Path) -> bool:
    """One run, its service killed so long after it was there."""
    command = [sys.executable, "-m", "partywall", "run", "isolation_tests", "--report", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while not (services := children(run.pid, "clickdrop serve")) and run.poll() is None:
            time.sleep(0.05)
        time.sleep(after_s)
        if services:
            os.kill(services[0], signal.SIGKILL)
        status = run.wait(timeout=300)
    report = json.loads((folder / "report.json").read_text())
    said = f"exit {status}, {report['verdict']}, {report['exchanges']} exchanges"
    print(
        f"killed after {after_s:.1f} s: {said}: {report['reasons'][0] if report['reasons'] else 'no reason'}",
        flush=True,
    )
    well = status == 3 and report["verdict"] == "inconclusive" and bool(report["reasons"])
    if not well:
        shutil.copytree(folder, RUNS / f"killed-{after_s:.3f}", dirs_exist_ok=True)
    return well


def main() -> int:
    """Kill so many times."""
    times, seed = (int(word) for word in [*sys.argv[1:], *("10", "1")[len(sys.argv) - 1 :]])
    moments = random.Random(seed)
    results = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            results.append(killed_run(moments.uniform(0, WITHIN_S), Path(folder)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
