"""One run of the kill matrix: the suite over the service with one thing planted, summed up in a line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks import kill_lines
from clickdrop.decoys import DECOYS
from partywall.record import read_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).parents[1]
REPLAYS_S, RUN_S, STOP_S = 60, 900, 60
NOTHING: Final[dict[str, Any]] = {"found": [], "requests": None, "seconds": None, "causes": {}, "steps": None}
SEQUENTIAL, CONCURRENT, INTERLEAVED, CANCELLING = kill_lines.MODES
CUT: Final = {"cut", "hang-up", "after-cut"}
FORCED: Final = {"held", "one-socket", "pipelined", "slow", "slow-upstream"}
"""What the history calls requests whose client went away, or after whose client's others were sent; and requests that
were made to meet in a certain way. Others meet by chance."""


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
    trials: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    calls: list[int] = []
    shown: list[int] = []
    for record in read_records(history):
        if record["record"] == "exchange":
            calls.append(record["called_ns"])
            kept = ("tenant", "called_ns", "returned_ns", "provocations")
            trials[record["trial"]][record["number"]] = {key: record[key] for key in kept}
        elif record["record"] == "judgement":
            exchanges = trials[record["trial"]]
            for finding in record["findings"]:
                found.add((finding["property"], mode_of(finding, exchanges)))
                if kill_lines.shows(name, finding["property"]):
                    shown.append(exchanges[finding["exchange"]]["returned_ns"])
    first = min(shown, default=None)
    return {
        "found": sorted(found),
        "requests": None if first is None else sum(called <= first for called in calls),
        "seconds": None if first is None else round((first - min(calls)) / 1e9, 3),
    }


def mode_of(finding: Mapping[str, Any], exchanges: Mapping[Any, Mapping[str, Any]]) -> str:
    """How a finding came about, by what was done to the exchange that shows it and the one that made what it shows: a
    client went away there, in what met one of them or right before; or they were made to meet others; or did meet
    another tenant's."""
    told = [exchanges[finding["exchange"]]]
    if (since := finding.get("since")) in exchanges:
        told.append(exchanges[since])
    met = [
        other
        for other in exchanges.values()
        for each in told
        if other["tenant"] != each["tenant"]
        and other["called_ns"] < each["returned_ns"]
        and each["called_ns"] < other["returned_ns"]
    ]
    before = [other for other in exchanges.values() if other["returned_ns"] <= told[0]["called_ns"]]
    last = sorted(before, key=lambda other: int(other["returned_ns"]))[-1:]
    if CUT & _provoked([*told, *met, *last]):
        return CANCELLING
    if FORCED & _provoked(told):
        return INTERLEAVED
    return CONCURRENT if met else SEQUENTIAL


def _provoked(exchanges: Iterable[Mapping[str, Any]]) -> set[str]:
    return {word.partition(":")[0] for each in exchanges for word in each["provocations"]}


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
