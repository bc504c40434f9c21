"""One run of the kill matrix: the suite over the service with one thing planted, summed up in a line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks import kill_lines
from clickdrop.decoys import DECOYS
from partywall.record import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
REPLAYS_S, RUN_S, STOP_S = 60, 900, 60
NOTHING: Final[dict[str, Any]] = {"found": [], "requests": None, "seconds": None, "causes": {}, "steps": None}
SEQUENTIAL, CONCURRENT, INTERLEAVED, CANCELLING = kill_lines.MODES
MODES: Final = {
    "test_concurrent_load": CONCURRENT,
    "test_barrier_pairs": CONCURRENT,
    "test_noninterference": CONCURRENT,
    "test_load": CONCURRENT,
    "test_pages": CONCURRENT,
    "test_live_updates": CONCURRENT,
    "test_meetings": INTERLEAVED,
    "test_races": INTERLEAVED,
    "test_hung_up_clients": CANCELLING,
    "test_cuts": CANCELLING,
}
"""The mode of a test, in either API; one that is not here is sequential."""


class Wanted(NamedTuple):
    """A run that is to be done; ``whole``: to its end, whatever it finds, and with replays."""

    name: str
    stack: str
    seed: int
    whole: bool


def run(wanted: Wanted, measured: str, replays_s: int = REPLAYS_S, seconds: float = RUN_S) -> dict[str, Any]:
    """One run of the suite, summed up. ``measured``: the commit that it belongs to; ``seconds``: it may take."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trouble = carried_out(command(wanted, folder, replays_s), folder / "run.log", seconds)
        came = outcome(wanted, folder, trouble)
    return {
        "leak": wanted.name,
        "stack": wanted.stack,
        "seed": wanted.seed,
        "commit": measured,
        "whole": wanted.whole,
        "took": round(time.monotonic() - began),
        **came,
    }


def command(wanted: Wanted, folder: Path, replays_s: int) -> list[str]:
    """The suite's command line for a run."""
    words = [sys.executable, "-m", "partywall", "run", "isolation_tests", "--report", str(folder)]
    words += [f"--seed={wanted.seed}", f"--stack={wanted.stack}"]
    if wanted.name:
        words += ["--decoy" if wanted.name in DECOYS else "--leak", wanted.name]
    return words + ([f"--replays={replays_s}"] if wanted.whole else ["--replays=0", "-pbenchmarks.first_finding"])


def carried_out(words: Sequence[str], log: Path, seconds: float) -> str:
    """Run a command. Answers "", or that it took too long; it is then asked to end, as a report is written even so,
    and killed if it does not."""
    with log.open("w") as output:
        process = subprocess.Popen(words, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return f"ended after {seconds:g} s"
    return ""


def outcome(wanted: Wanted, folder: Path, trouble: str) -> dict[str, Any]:
    """What a run has left in its folder, or that it has left nothing, and what it said last."""
    try:
        report = json.loads((folder / "report.json").read_text())
        came = summary_of(folder / "history.ndjson", wanted.name) | explained(report, folder)
    except (OSError, ValueError, KeyError) as error:
        said = (folder / "run.log").read_text(errors="replace").strip().splitlines() or ["nothing"]
        ended = f"{trouble or 'crashed'}: {type(error).__name__}; it said last: {said[-1][:200]}"
        return {"verdict": kill_lines.NO_VERDICT, "ended": ended, **NOTHING}
    cut_short = not wanted.whole and came["requests"] is not None
    return {"verdict": report["verdict"], "ended": trouble or (kill_lines.FIRST_FINDING if cut_short else ""), **came}


def summary_of(history: Path, name: str) -> dict[str, Any]:
    """What a run found: (property, mode) of its findings, and what came before the first of the leak with this name.

    Returns:
        ``found``: sorted pairs. ``requests``, ``seconds``: from the run's first request to the answer that shows the
        first finding of the leak; None without one.
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
                if kill_lines.shows(name, finding["property"]):
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
