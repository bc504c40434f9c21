"""The runs of the kill matrix, as lines of its file: what they say together."""

from __future__ import annotations

import json
import os
import statistics
from concurrent.futures import as_completed
from typing import TYPE_CHECKING, Any, Final, TypeVar

from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import Difficulty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import TextIO

    Line = Mapping[str, Any]
    """What `kill_run.run` says of a run."""

Result = TypeVar("Result")
CLEAN: Final = ""
"""The name under which the service runs with nothing planted."""
MODES: Final = ("sequential", "concurrent", "interleaved", "cancelling")
SIMPLE: Final = (Difficulty.SEQUENTIAL, Difficulty.EQUAL_DATA)
"""What no run may miss."""
FOUND_BY_ALL_MIN: Final = 0.95
"""The share of all leaks that every run has to find."""
NO_VERDICT: Final = "none"
"""Of a run that has left no report."""
FIRST_FINDING: Final = "first finding"
"""What ended a run that was to go no further. Anything else that ends one is trouble."""


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of results, none if it isn't there."""
    return parsed(path.read_text()) if path.exists() else []


def parsed(text: str) -> list[dict[str, Any]]:
    """The lines of such a file's text. Of a run that was done twice, the later counts."""
    lines = ended(text)
    return list({(line["leak"], line["stack"], line["seed"], line["commit"]): line for line in lines}.values())


def ended(text: str) -> list[dict[str, Any]]:
    """All lines of a file's text, whatever they are of, without what a kill cut off at its end."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def opened(path: Path) -> TextIO:
    """A file of results, to add lines to it. What a kill cut off at its end is removed, or it would spoil the next."""
    if path.exists():
        whole_, newline, _ = path.read_bytes().rpartition(b"\n")
        os.truncate(path, len(whole_ + newline))
    return path.open("a")


def finished(doing: Iterable[Future[Result]]) -> Iterator[Result]:
    """What runs came to, as they end. What broke one is raised at the end, so that it drops no other's result."""
    errors = []
    for each in as_completed(doing):
        try:
            yield each.result()
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} runs broke", errors)


def by_name(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The runs of the clean service, of each leak and of each decoy, in the catalogues' order."""
    runs: dict[str, list[Line]] = {name: [] for name in (CLEAN, *LEAKS, *DECOYS)}
    for line in lines:
        runs.setdefault(line["leak"], []).append(line)
    return {name: each for name, each in runs.items() if each}


def whole(runs: Iterable[Line]) -> list[Line]:
    """The runs that were to go to their end whatever they found, and did. Those that found nothing and were to end with
    a finding went to theirs too, but to count them as well would count those that find nothing more often."""
    return [each for each in runs if each["whole"] and not each["ended"]]


def in_trouble(line: Line) -> bool:
    """Did something else than a finding end the run, or did it leave no verdict?"""
    return line["verdict"] == NO_VERDICT or line["ended"] not in {"", FIRST_FINDING}


def troubled(runs: Iterable[Line]) -> list[Line]:
    """The runs that something went wrong with."""
    return [each for each in runs if in_trouble(each)]


def shows(name: str, property_: str) -> bool:
    """Is a finding of this property one of this leak? Of what is no leak, or is none any more, any finding counts."""
    return name not in LEAKS or property_ in LEAKS[name].shows_by


def found(line: Line) -> bool:
    """Does a run say violated, of a leak by a property that its mechanism breaks?"""
    name = line["leak"]
    by = name not in LEAKS or any(shows(name, property_) for property_, _ in line["found"])
    return line["verdict"] == "violated" and by


def otherwise(runs: Iterable[Line]) -> list[set[str]]:
    """For each run the properties that found something which is not the leak."""
    return [{property_ for property_, _ in line["found"] if not shows(line["leak"], property_)} for line in runs]


def hits(runs: Iterable[Line]) -> int:
    """How many of the runs found what was planted."""
    return sum(map(found, runs))


def rate(runs: Sequence[Line]) -> float:
    """The share of the runs that found what was planted."""
    return hits(runs) / len(runs)


def of(runs: Sequence[Line]) -> str:
    """How many of how many runs found what was planted."""
    return f"{hits(runs)} of {len(runs)}"


def median_and_p90(runs: Iterable[Line], key: str) -> tuple[float, float] | None:
    """The median and the 90th percentile over the runs that found something; None if there are none."""
    values = [each[key] for each in runs if each[key] is not None]
    if not values:
        return None
    tenths = statistics.quantiles(values, n=10, method="inclusive") if values[1:] else values * 9
    return tenths[4], tenths[8]


def alarms(runs: Mapping[str, Sequence[Line]]) -> dict[str, Sequence[Line]]:
    """The runs of what is no leak and was called one."""
    return {name: each for name, each in runs.items() if name not in LEAKS and rate(each)}


def unfit(runs: Mapping[str, Sequence[Line]]) -> list[str]:
    """A sentence for all that a release can't rest on, beside false alarms: runs of what is no leak that did not hold,
    runs that something went wrong with, a sequential or equal-data leak that some run missed, and too few leaks that
    every run found."""
    said = []
    for name, each in runs.items():
        unproven = sum(line["verdict"] == "inconclusive" for line in each)
        if name not in LEAKS and unproven:
            said.append(f"{name or 'nothing planted'}: {unproven} of {len(each)} runs are inconclusive")
        if trouble := [line["ended"] or NO_VERDICT for line in each if in_trouble(line)]:
            said.append(f"{name or 'nothing planted'}: trouble in {len(trouble)} of {len(each)} runs: {trouble[0]}")
    tried = [name for name in LEAKS if name in runs]
    missed = [name for name in tried if rate(runs[name]) < 1]
    said += [
        f"{name}: {LEAKS[name].difficulty}, and found in {of(runs[name])} runs only"
        for name in missed
        if LEAKS[name].difficulty in SIMPLE
    ]
    if len(tried) - len(missed) < len(tried) * FOUND_BY_ALL_MIN:
        count = f"{len(tried) - len(missed)} of {len(tried)}"
        said.append(f"{count} leaks are found by every run; expected {FOUND_BY_ALL_MIN:.0%} or more")
    return said


def fallen(now: Iterable[Line], before: Iterable[Line]) -> list[str]:
    """A sentence for each leak that is found in a smaller share of runs than before, or is not tried any more."""
    new = by_name(now)
    said = []
    for name, runs in by_name(before).items():
        if name in {CLEAN, *DECOYS}:
            continue
        if name not in new:
            said.append(f"{name}: tried in {len(runs)} runs before, and in none now")
        elif rate(new[name]) < rate(runs):
            said.append(f"{name}: found in {of(new[name])} runs; before in {of(runs)}")
    return said
