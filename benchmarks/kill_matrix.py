"""The kill matrix: which planted leak is found by which property, in which mode, how often over seeds, and how soon.

    python -m benchmarks.kill_matrix [--quick] [--jobs N] [--seeds N] [--clean N] [--whole N] [--replays SECONDS]
                                     [--seconds S] [--check] [--first-release] [--against FILE-OR-COMMIT] [NAME ...]

The first seeds of each leak (--whole) run to their end and have their findings replayed: properties, modes, causes and
witnesses are told of these. A run of any other seed ends with the first test that finds the leak, without replays: it
says whether the leak is found, and how soon. The clean service runs too, under the name "", on both stacks, and so do
the decoys, which look like leaks: a run of these that is violated is a false alarm. A run is one process, which starts
one stack and takes the tests in one order; on several cores --jobs costs less than to divide a run.

Every run is a line of benchmarks/results/kill_matrix.ndjson as soon as it has ended, also where it crashed or took too
long, and a run that is there is not done again, unless something went wrong with it: the command goes on where it was
stopped. docs/kill-matrix.md and its picture are made from the lines that are there; those of another commit are left in
the file and out of the page. Exits with 1 if there is a false alarm, and with --against the last release, if a leak is
found in a smaller share of runs than it was then. With --check nothing is run, and it exits with 1 too if a run is
missing or in trouble, one of the clean service or of a decoy is not held, a sequential or equal-data leak is not found
by every run, or less than 95 % of all leaks are; and if there is no last release to compare with, unless
--first-release says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import kill_lines, kill_page, kill_picture
from benchmarks.kill_run import REPLAYS_S, ROOT, RUN_S, Wanted, run
from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import EMBEDDED, PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FILE = "benchmarks/results/kill_matrix.ndjson"
RESULTS = ROOT / FILE
DOCS = ROOT / "docs"
MEASURED = ("src", "reference", "isolation_tests", "fixtures", "strategies")
SEEDS, CLEAN_SEEDS, WHOLE = 20, 50, 1


def runs(names: Iterable[str], seeds: int, clean: int, whole: int) -> Iterator[Wanted]:
    """The runs of these names, seed by seed: what is there at any time says something of everything."""
    names = list(names)
    for seed in range(1, max(seeds, clean) + 1):
        for name in names:
            if seed <= (seeds if name else clean):
                yield from (Wanted(name, stack, seed, seed <= whole) for stack in stacks_of(name))


def stacks_of(name: str) -> tuple[str, ...]:
    """The stacks that something is tried on: what is the same on both, on the one that starts at once."""
    if name == kill_lines.CLEAN:
        return EMBEDDED, PRODUCTION
    switch = LEAKS.get(name) or DECOYS[name]
    return (PRODUCTION if switch.stack == PRODUCTION else EMBEDDED,)


def missing(wanted: Iterable[Wanted], lines: Iterable[kill_lines.Line]) -> list[Wanted]:
    """What of it these lines don't have. A run that was to go to its end is there only if a line is of such a one; one
    that something went wrong with is to be done again."""
    there = {
        (line["leak"], line["stack"], line["seed"]): line["whole"] for line in lines if not kill_lines.in_trouble(line)
    }
    return [each for each in wanted if there.get(each[:3]) not in ({True} if each.whole else {True, False})]


def commit(measured: Sequence[str] = MEASURED) -> str:
    """The last commit that changed what is measured, with a + if there are changes beside."""
    last = _git("log", "-1", "--format=%h", "--", *measured)
    return last + ("+" if _git("status", "--porcelain", "--", *measured) else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def earlier(where: str) -> list[dict[str, Any]]:
    """The results in a file, or in this one as it was at a commit or tag: those of the commit with most
    of them."""
    try:
        text = Path(where).read_text() if Path(where).exists() else _git("show", f"{where}:{FILE}") + "\n"
    except subprocess.CalledProcessError as error:
        sys.exit(f"--against: expected a file of results or a commit that has them; came {where!r}: {error.stderr}")
    lines = kill_lines.parsed(text)
    if not lines:
        sys.exit(f"--against: expected results of the last release; there are none in {where!r}")
    [(most, _)] = Counter(line["commit"] for line in reversed(lines)).most_common(1)
    return [line for line in lines if line["commit"] == most]


def main() -> None:
    """Do the runs that are not there yet, and write the page."""
    told = _told()
    here = commit()
    seeds, clean, whole = (1, 1, 0) if told.quick else (told.seeds, told.clean, told.whole)
    everything = [kill_lines.CLEAN, *LEAKS, *DECOYS]
    wanted = missing(runs(told.names or everything, seeds, clean, whole), _here(here))
    if not told.check:
        _do(wanted, here, told)
    lines = _here(here)
    (DOCS / "kill-matrix.md").write_text(kill_page.page(lines))
    (DOCS / kill_page.PICTURE).write_text(kill_picture.picture(lines))
    found = kill_lines.alarms(kill_lines.by_name(lines)).items()
    wrong = [f"{name or 'nothing planted'}: a false alarm in {kill_lines.of(each)} runs" for name, each in found]
    if told.check and wanted:
        of = ", ".join(dict.fromkeys(each.name or "nothing planted" for each in wanted))
        wrong.append(f"{len(wanted)} runs are missing, of {of}")
    if told.check:
        wrong += kill_lines.unfit(kill_lines.by_name(lines))
        if not (told.against or told.first_release):
            wrong.append("nothing to compare with: --against (BEFORE=) the last release, or say --first-release")
    if told.against:
        wrong += kill_lines.fallen(lines, earlier(told.against))
    if wrong:
        sys.exit("\n".join(wrong))


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_matrix", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one run of each, none of them whole")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time (default: 1)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"runs of each leak and decoy (default: {SEEDS})")
    parser.add_argument(
        "--clean",
        type=int,
        default=CLEAN_SEEDS,
        help=f"runs of the clean service on each stack (default: {CLEAN_SEEDS})",
    )
    parser.add_argument(
        "--whole", type=int, default=WHOLE, help=f"of these go to their end, with replays (default: {WHOLE})"
    )
    parser.add_argument(
        "--replays", type=int, default=REPLAYS_S, metavar="SECONDS", help=f"of a whole run (default: {REPLAYS_S})"
    )
    parser.add_argument("--seconds", type=float, default=RUN_S, help=f"of each run at most (default: {RUN_S})")
    parser.add_argument(
        "--check", action="store_true", help="run nothing; fail where a release can't rest on what is there"
    )
    parser.add_argument("--against", metavar="FILE-OR-COMMIT", help="results of the last release, to compare with")
    parser.add_argument("--first-release", action="store_true", help="with --check: there is nothing to compare with")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of leaks and decoys; by default all, and the clean service"
    )
    told = parser.parse_args()
    if unknown := [name for name in told.names if name not in {**LEAKS, **DECOYS}]:
        parser.error(f"unknown leak or decoy {unknown[0]!r}; expected some of: {', '.join((*LEAKS, *DECOYS))}")
    return told


def _do(wanted: Iterable[Wanted], here: str, told: argparse.Namespace) -> None:
    """Do runs, and write each down."""
    pool = ThreadPoolExecutor(told.jobs)
    try:
        doing = [pool.submit(run, each, here, told.replays, told.seconds) for each in wanted]
        with kill_lines.opened(RESULTS) as file:
            for line in kill_lines.finished(doing):
                file.write(json.dumps(line) + "\n")
                file.flush()
                print(
                    f"{line['leak'] or 'clean'}, {line['stack']}, seed {line['seed']}: {line['verdict']} "
                    f"{line['found']}, {line['took']} s {line['ended']}",
                    flush=True,
                )
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted command does not begin what is left


def _here(here: str) -> list[dict[str, Any]]:
    """The lines that are there of a commit."""
    return [line for line in kill_lines.read(RESULTS) if line["commit"] == here]


if __name__ == "__main__":
    main()
