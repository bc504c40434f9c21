"""The page and the picture of the kill matrix, and its comparison with an earlier one."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any, Final

from benchmarks.tables import table
from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from partywall.oracle.judge import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    Line = Mapping[str, Any]
    """What `kill_matrix.run` says of a run."""

CLEAN: Final = ""
"""The name under which the service runs with nothing planted."""
MODES: Final = ("sequential", "concurrent", "interleaved", "cancelling")
CAUSES: Final = {
    "C1": {"cache at the edge"},
    "C2": {"cache key"},
    "C3": {"coalescing"},
    "C4": {"pool desync"},
    "C5": {"ambient state"},
    "C6": {"ambient state"},
    "C7": {"ambient state"},
    "C9": {"cache key", "ambient state"},
    "C11": {"missing check"},
    "C12": {"missing check"},
    "C13": {"missing check"},
    "C15": {"missing check"},
}
"""What experiments have to name as the cause of a class of leaks. The other classes' mechanisms (desynchronised HTTP,
late delivery, stale authorization, retries) are none that they can name."""
PICTURE: Final = "images/kill-matrix.svg"


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of results, none if it isn't there."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def page(lines: Sequence[Line]) -> str:
    """The matrix in Markdown."""
    runs = by_name(lines)
    commits = ", ".join(sorted({line["commit"] for line in lines})) or "none"
    return "\n".join(
        [
            "# Which leak is found, by what, how soon\n",
            "Made by `make bench-leaks` (`python -m benchmarks.kill_matrix`): the suite over the reference service,\n"
            "each planted leak by itself, over seeds. Decoys look like leaks and are none: there, as with nothing\n"
            f"planted, violated is a false alarm. Commit: {commits}.\n",
            *summary(runs),
            f"\n![For each leak, property and mode the share of runs that found it]({PICTURE})\n",
            f"A square is a mode of a property, from left to right {', '.join(MODES)}: the darker, the more runs.\n",
            "A property or mode has the number of runs in which it found the leak. Requests and seconds are those\n"
            "before the first finding. A cause has the number of findings for which experiments named it, with a star\n"
            "where that is the leak's own.\n",
            table(matrix(lines)),
            "## What each property is for\n",
            "What others find as well, a property finds by other evidence.\n",
            table(worth(runs)),
        ]
    )


def by_name(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The runs of the clean service, of each leak and of each decoy, in the catalogues' order."""
    runs: dict[str, list[Line]] = {name: [] for name in (CLEAN, *LEAKS, *DECOYS)}
    for line in lines:
        runs.setdefault(line["leak"], []).append(line)
    return {name: each for name, each in runs.items() if each}


def summary(runs: Mapping[str, Sequence[Line]]) -> list[str]:
    """How many leaks were found in all of their runs, those that were not, and the false alarms, as lines of a list."""
    rates = {name: rate(each) for name, each in runs.items()}
    missed = [f"{name} ({_of(runs[name])})" for name in LEAKS if rates.get(name, 1) < 1]
    alarms = [f"{name or 'nothing planted'} ({_of(runs[name])})" for name in rates if name not in LEAKS and rates[name]]
    planted = [name for name in LEAKS if name in runs]
    harmless = sum(len(each) for name, each in runs.items() if name not in LEAKS)
    return [
        f"- Found by every run: {len(planted) - len(missed)} of {len(planted)} leaks, of {len(LEAKS)}.",
        f"- Not found by every run, to be worked on: {', '.join(missed) or 'none'}.",
        f"- False alarms, in {harmless} runs with nothing or a decoy planted: {', '.join(alarms) or 'none'}.",
    ]


def rate(runs: Sequence[Line]) -> float:
    """The share of the runs that say violated."""
    return [line["verdict"] for line in runs].count("violated") / len(runs)


def fallen(now: Iterable[Line], before: Iterable[Line]) -> list[str]:
    """A sentence for each leak that is found in a smaller share of runs than before, or that is not tried any more,
    and for each false alarm."""
    new = by_name(now)
    said = []
    for name, runs in by_name(before).items():
        if name in {CLEAN, *DECOYS}:
            continue
        if name not in new:
            said.append(f"{name}: tried in {len(runs)} runs before, and in none now")
        elif rate(new[name]) < rate(runs):
            said.append(f"{name}: found in {_of(new[name])} runs; before in {_of(runs)}")
    alarms = [name for name in (CLEAN, *DECOYS) if name in new and rate(new[name])]
    return [*said, *(f"{name or 'nothing planted'}: a false alarm in {_of(new[name])} runs" for name in alarms)]


def matrix(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """A row for each leak and decoy: in how many runs it was found, by which property, in which mode, and how soon."""
    rows = []
    for name, runs in by_name(lines).items():
        rows.append(
            {
                "leak": f"(decoy) {name}" if name in DECOYS else name or "(none planted)",
                "violated": _of(runs),
                "properties": _counted({property_ for property_, _ in each["found"]} for each in runs),
                "modes": _counted({mode for _, mode in each["found"]} for each in runs),
                "smallest witness": min((each["steps"] for each in runs if each["steps"]), default=""),
                "cause": _named(name, runs),
                "requests: median, p90": _quantiles(runs, "requests"),
                "seconds: median, p90": _quantiles(runs, "seconds"),
            }
        )
    return rows


def worth(runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    """For each property the leaks that it found in some run, and those that nothing else ever found."""
    finders = {
        name: {property_ for run in runs[name] for property_, _ in run["found"]} for name in LEAKS if name in runs
    }
    return [
        {
            "property": property_,
            "leaks found": sum(property_ in each for each in finders.values()),
            "that nothing else finds": ", ".join(name for name, each in finders.items() if each == {property_}),
        }
        for property_ in PROPERTIES
    ]


def picture(lines: Sequence[Line]) -> str:
    """The matrix as an SVG: a row for each leak and decoy, for each property a square for each mode, the darker the
    more runs found it in that way."""
    side, left, top = 9, 230, 120
    pitch = side * len(MODES) + 10
    runs = by_name(lines)
    width, height = left + pitch * len(PROPERTIES) + 10, top + (side + 3) * len(runs) + 10
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="9">',
        "<title>Kill matrix</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for column, property_ in enumerate(PROPERTIES):
        x = left + pitch * column + pitch / 2
        drawn.append(f'<text transform="translate({x:g} {top - 6}) rotate(-45)">{escape(property_)}</text>')
    for row, (name, each) in enumerate(runs.items()):
        y = top + (side + 3) * row
        colour = "#1b5e9b" if name in LEAKS else "#b3261e"
        label = name if name in LEAKS else f"decoy {name}" if name else "nothing planted"
        drawn.append(f'<text x="{left - 8}" y="{y + side - 1}" text-anchor="end">{escape(label)}</text>')
        counts = Counter((found[0], found[1]) for line in each for found in line["found"])
        for column, property_ in enumerate(PROPERTIES):
            for place, mode in enumerate(MODES):
                found = counts[property_, mode]
                drawn.append(
                    f'<rect x="{left + pitch * column + side * place}" y="{y}" width="{side - 1}" height="{side}" '
                    f'fill="{colour if found else "#eee"}" fill-opacity="{found / len(each) if found else 1:.2f}">'
                    f"<title>{escape(label)}, {property_}, {mode}: {found} of {len(each)}</title></rect>"
                )
    return "\n".join([*drawn, "</svg>"]) + "\n"


def _of(runs: Sequence[Line]) -> str:
    return f"{sum(line['verdict'] == 'violated' for line in runs)} of {len(runs)}"


def _quantiles(runs: Sequence[Line], key: str) -> str:
    """The median and the 90th percentile over the runs that found something."""
    values = [each[key] for each in runs if each[key] is not None]
    if not values:
        return ""
    tenths = statistics.quantiles(values, n=10, method="inclusive") if values[1:] else values * 9
    return f"{tenths[4]:,.0f}, {tenths[8]:,.0f}"


def _named(name: str, runs: Sequence[Line]) -> str:
    """The causes that experiments named; a star at those that are right."""
    right = CAUSES.get(LEAKS[name].leak_class.partition(" ")[0], set()) if name in LEAKS else set()
    counts = sum((Counter(each["causes"]) for each in runs), Counter[str]())
    return ", ".join(f"{cause}{'*' * (cause in right)} {count}" for cause, count in counts.most_common())


def _counted(words: Iterable[set[str]]) -> str:
    """In how many of the sets each word is."""
    counts = Counter(word for each in words for word in each)
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))
