"""The kill matrix: which planted leak is found by which property, in which mode, how often over seeds, and how soon.

    python -m benchmarks.kill_matrix [--seeds N] [--quick] [--jobs N] [--replays SECONDS] [--against FILE] [NAME ...]

Every run is a line of benchmarks/results/kill_matrix.ndjson as soon as it has ended, and a run that is there is not
done again: the command goes on where it was stopped. The clean service runs too, under the name "", and so do the
decoys, which look like leaks: a run of these that is violated is a false alarm. docs/kill-matrix.md and its picture
are made from the lines that are there; those of another commit are left in the file and out of the page. With the
file of the last release, the command exits with 1 where leaks are found in fewer runs than they were then, or where
there is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import kill_page
from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from partywall.record import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "kill_matrix.ndjson"
DOCS = ROOT / "docs"
MEASURED = ("src", "reference", "isolation_tests", "fixtures", "strategies")
SEEDS = 20
REPLAYS_S = 60
SEQUENTIAL, CONCURRENT, INTERLEAVED, CANCELLING = kill_page.MODES
MODES: Final = {
    "test_concurrent_load": CONCURRENT,
    "test_barrier_pairs": CONCURRENT,
    "test_noninterference": CONCURRENT,
    "test_load": CONCURRENT,
    "test_meetings": INTERLEAVED,
    "test_races": INTERLEAVED,
    "test_hung_up_clients": CANCELLING,
    "test_cuts": CANCELLING,
}
"""The mode of a test, in either API; one that is not here is sequential."""


def summary_of(history: Path) -> dict[str, Any]:
    """What a run found: (property, mode) of its findings, and what came before the first of them.

    Returns:
        ``found``: sorted pairs. ``requests``, ``seconds``: from the run's first request to the answer that shows the
        first finding; None without one.
    """
    found: set[tuple[str, str]] = set()
    calls: list[int] = []
    returned: dict[tuple[str, int], int] = {}
    shown: list[int] = []
    for record in read_records(history):
        if record["record"] == "exchange":
            calls.append(record["called_ns"])
            returned[record["trial"], record["number"]] = record["returned_ns"]
        elif record["record"] == "judgement":
            test = record["test"].rpartition("::")[2].removesuffix("_shop")
            mode = MODES.get(test, SEQUENTIAL)
            for finding in record["findings"]:
                found.add((finding["property"], mode))
                shown.append(returned[record["trial"], finding["exchange"]])
    first = min(shown, default=None)
    return {
        "found": sorted(found),
        "requests": None if first is None else sum(called <= first for called in calls),
        "seconds": None if first is None else round((first - min(calls)) / 1e9, 3),
    }


def explained(report: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What replays made of a run's findings: ``causes`` that experiments named -> how many findings, and the ``steps``
    of the smallest witness that was shown again; None without one."""
    named = Counter(finding["cause"] for finding in report["findings"] if finding["experiments"])
    witnesses = [folder / finding["witness"] for finding in report["findings"]]
    told = [json.loads(witness.read_text()) for witness in witnesses if witness.exists()]
    return {
        "causes": dict(named),
        "steps": min((len(each["program"]["steps"]) for each in told if each["reproduced"]), default=None),
    }


def run(leak: str, seed: int, measured: str, replays_s: int) -> dict[str, Any]:
    """One run of the suite, summed up. ``measured``: the commit that it belongs to; ``replays_s``: for replays."""
    stack = "production" if leak in LEAKS and LEAKS[leak].stack == "production" else "embedded"
    planted = ["--decoy" if leak in DECOYS else "--leak", leak] if leak else []
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "partywall",
            "run",
            "isolation_tests",
            f"--replays={replays_s}",
            f"--seed={seed}",
        ]
        subprocess.run(
            [*command, f"--stack={stack}", *planted, "--report", folder],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        report = json.loads((Path(folder) / "report.json").read_text())
        summary = summary_of(Path(folder) / "history.ndjson") | explained(report, Path(folder))
    return {"leak": leak, "seed": seed, "commit": measured, "verdict": report["verdict"], **summary}


def commit(measured: Sequence[str] = MEASURED) -> str:
    """The last commit that changed what is measured, with a + if there are changes beside."""
    last = _git("log", "-1", "--format=%h", "--", *measured)
    return last + ("+" if _git("status", "--porcelain", "--", *measured) else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Do the runs that are not there yet, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_matrix", description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"runs of each leak (default: {SEEDS})")
    parser.add_argument("--quick", action="store_true", help="one run of each leak")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time (default: 1)")
    parser.add_argument("--replays", type=int, default=REPLAYS_S, metavar="SECONDS", help="of each run (default: 60)")
    parser.add_argument("--against", type=Path, metavar="FILE", help="results of the last release, to compare with")
    parser.add_argument(
        "leaks", nargs="*", metavar="NAME", help="of leaks and decoys; by default all, and the clean service"
    )
    told = parser.parse_args()
    if unknown := [leak for leak in told.leaks if leak not in {**LEAKS, **DECOYS}]:
        parser.error(f"unknown leak or decoy {unknown[0]!r}; expected some of: {', '.join((*LEAKS, *DECOYS))}")
    here = commit()
    done = {(line["leak"], line["seed"]) for line in kill_page.read(RESULTS) if line["commit"] == here}
    known = [kill_page.CLEAN, *LEAKS, *DECOYS]
    seeds = range(1, 2 if told.quick else told.seeds + 1)
    wanted = [(leak, seed) for seed in seeds for leak in (told.leaks or known) if (leak, seed) not in done]
    with ThreadPoolExecutor(told.jobs) as pool, RESULTS.open("a") as file:
        for line in pool.map(lambda each: run(each[0], each[1], here, told.replays), wanted):
            file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{line['leak'] or 'clean'}, seed {line['seed']}: {line['verdict']} {line['found']}", flush=True)
    lines = [line for line in kill_page.read(RESULTS) if line["commit"] == here]
    (DOCS / "kill-matrix.md").write_text(kill_page.page(lines))
    (DOCS / kill_page.PICTURE).write_text(kill_page.picture(lines))
    if worse := kill_page.fallen(lines, kill_page.read(told.against)) if told.against else []:
        sys.exit("\n".join(worse))


if __name__ == "__main__":
    main()
