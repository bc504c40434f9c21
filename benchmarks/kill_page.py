"""The page of the kill matrix."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from benchmarks.kill_lines import (
    CLEAN,
    MODES,
    NO_VERDICT,
    SIMPLE,
    alarms,
    by_name,
    found,
    median_and_p90,
    of,
    otherwise,
    rate,
    shows,
    troubled,
    whole,
)
from benchmarks.tables import table
from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import Difficulty
from partywall.oracle.judge import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.kill_lines import Line

PICTURE: Final = "images/kill-matrix.svg"
BUDGET_S = 90
"""What `make isolation` may take."""
AT_ONCE: Final = (Difficulty.OVERLAP, Difficulty.CANCELLATION)
"""What two requests have to meet for. All else can be had one request after the other."""
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
    "kept-order-of-anyone": {"cache key"},
    "edge-admits-known-keys": {"missing check", "cache key"},
}
"""What experiments have to name as the cause of a class of leaks, or of a leak whose check is left out since something
is kept. The other classes' mechanisms (desynchronised HTTP, late delivery, stale authorization, retries) are none that
they can name."""
PURPOSES: Final = {
    "ownership": "a value of another tenant's, on any surface",
    "echo": "an answer that names its caller and means somebody else, of whom nothing is known",
    "completeness": "a tenant's own data that is not there any more",
    "noninterference": "what has no foreign value in it and depends on one: counts, order, messages",
    "integrity": "a foreign write that is answered with a refusal, and was carried out",
    "existence": "a refusal that differs by whether somebody has what was named",
    "session": "a viewer who goes on as somebody else, and sessions that outlive their end",
    "staleness": "a right that goes on after it was taken away, to see even what is one's own",
    "exactly-once": "a retry that has an effect of its own: no foreign value shows anywhere",
    "cache-discipline": "a validator that confirms another's copy before any cache has handed it out",
}
"""What each property is there to see that no other does, whether or not a planted leak needs it."""
REASONS: Final[dict[str, str]] = {}
"""Of leaks that not every run finds, why that is, once somebody has looked."""


def page(lines: Sequence[Line]) -> str:
    """The matrix in Markdown."""
    runs = by_name(lines)
    commits = ", ".join(sorted({line["commit"] for line in lines})) or "none"
    hours = sum(line["took"] for line in lines) / 3600
    return "\n".join(
        [
            "# Which leak is found, by what, how soon\n",
            "Made by `make bench-leaks` (`python -m benchmarks.kill_matrix`): the suite over the reference service,\n"
            "each planted leak by itself, over seeds. Decoys look like leaks and are none: there, as with nothing\n"
            "planted, violated is a false alarm. `make release-check` compares with the last release.\n",
            f"Commit: {commits}. {len(lines)} runs, which took {hours:.1f} hours of one process; "
            f"{len(whole(lines))} of them whole.\n",
            "A whole run goes to its end, whatever it finds, and its findings are replayed: properties, modes, causes\n"
            "and witnesses are told of these alone. Any other ends with the first test that finds the leak, and says\n"
            "whether a leak is found, and how soon. Requests and seconds are those from a run's first request to the\n"
            "answer that first shows the leak; a run that did not find it has none. The machine is shared: trust\n"
            "requests more than seconds.\n",
            *summary(runs),
            "\n## How soon\n",
            table(soon(runs)),
            "What takes overlap or cancellation needs requests that meet; all else is had one after the other.\n",
            "## Not found by every run\n",
            table(rows) if (rows := missed(runs)) else "None.\n",
            f"## Each leak\n\n![For each leak, property and mode the share of whole runs that found it]({PICTURE})\n",
            f"A square is a mode of a property, from left to right {', '.join(MODES)}: the darker, the more whole\n"
            "runs. A property or mode has the number of whole runs in which it found the leak. A cause has the number\n"
            "of findings for which experiments named it, with a star where that is the leak's own. Found otherwise\n"
            "is what a run reported by a property that the leak does not break, as the catalogue has it (`shows_by`):\n"
            "that is no kill.\n",
            table(matrix(runs)),
            "## What each property is for\n",
            "What others find as well, a property finds by other evidence.\n",
            table(worth(runs)),
        ]
    )


def summary(runs: Mapping[str, Sequence[Line]]) -> list[str]:
    """What came of it, as lines of a list."""
    tried = [name for name in LEAKS if name in runs]
    by_all = [name for name in tried if rate(runs[name]) == 1]
    simple = [name for name in tried if LEAKS[name].difficulty in SIMPLE]
    counts = sorted({len(runs[name]) for name in tried}) or [0]
    each = f"{counts[0]}" if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"
    clean = Counter(line["stack"] for line in runs.get(CLEAN, ()))
    decoys = [line for name in DECOYS for line in runs.get(name, ())]
    alarmed = [f"{name or 'nothing planted'} ({of(those)})" for name, those in alarms(runs).items()]
    harmless = [line for name in (CLEAN, *DECOYS) for line in runs.get(name, ())]
    unproven = sum(line["verdict"] == "inconclusive" for line in harmless)
    trouble = [
        f"{line['leak'] or 'nothing planted'}, {line['stack']}, seed {line['seed']}: {line['verdict']}, {line['ended']}"
        for those in runs.values()
        for line in troubled(those)
    ]
    return [
        f"- Found by every run: {len(by_all)} of {len(tried)} leaks{_share(len(by_all), len(tried))}, "
        f"of {len(LEAKS)}, in {each} runs each.",
        f"- Sequential and equal-data leaks that every run found within {BUDGET_S} seconds: "
        f"{sum(name in by_all and _within(runs[name]) for name in simple)} of {len(simple)}.",
        f"- False alarms: {', '.join(alarmed) or 'none'}. Runs with nothing planted: {sum(clean.values())}"
        f"{_listed(clean)}; with a decoy: {len(decoys)}, {sum(name in runs for name in DECOYS)} of {len(DECOYS)} "
        f"decoys. Inconclusive among them: {unproven}.",
        f"- Runs that crashed or took too long: {'; '.join(trouble) or 'none'}.",
    ]


def soon(runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    """A row for each difficulty, and for those together that take the same: how many are found, and how soon."""
    groups: dict[str, Callable[[Difficulty], bool]] = {
        **{str(each): each.__eq__ for each in Difficulty},
        "one after the other": lambda each: each not in AT_ONCE,
        "at the same moment": lambda each: each in AT_ONCE,
        "all": lambda _: True,
    }
    rows = []
    for group, within in groups.items():
        leaks = [name for name in LEAKS if name in runs and within(LEAKS[name].difficulty)]
        those = [line for name in leaks for line in runs[name]]
        rows.append(
            {
                "difficulty": group,
                "leaks": len(leaks),
                "found by every run": sum(rate(runs[name]) == 1 for name in leaks),
                "runs that found it": of(those),
                "requests: median, p90": _told(those, "requests"),
                "seconds: median, p90": _told(those, "seconds"),
            }
        )
    return rows


def missed(runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    """A row for each leak that not every run found: what the other runs said, what the leak takes, and why."""
    rows = []
    for name, each in runs.items():
        if name not in LEAKS or rate(each) == 1:
            continue
        said = Counter(_said(line) for line in each if not found(line))
        rows.append(
            {
                "leak": f"`{name}`",
                "found": of(each),
                "the others": ", ".join(f"{word} {count}" for word, count in said.most_common()),
                "takes": f"{LEAKS[name].difficulty}: {LEAKS[name].trigger}",
                "why": REASONS.get(name, "not known yet"),
            }
        )
    return rows


def matrix(runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    """A row for each leak and decoy: in how many runs it was found, by which property, in which mode, and how soon."""
    rows = []
    for name, each in runs.items():
        to_the_end = whole(each)
        rows.append(
            {
                "leak": f"(decoy) {name}" if name in DECOYS else name or "(none planted)",
                "violated": of(each),
                "whole runs": len(to_the_end),
                "properties": _counted(
                    {property_ for property_, _ in line["found"] if shows(name, property_)} for line in to_the_end
                ),
                "found otherwise": _counted(otherwise(each)),
                "modes": _counted(
                    {mode for property_, mode in line["found"] if shows(name, property_)} for line in to_the_end
                ),
                "smallest witness": min((line["steps"] for line in to_the_end if line["steps"]), default=""),
                "cause": _named(name, to_the_end),
                "requests: median, p90": _told(each, "requests"),
                "seconds: median, p90": _told(each, "seconds"),
            }
        )
    return rows


def worth(runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    """For each property the leaks that it found in some whole run, those that nothing else found in any, and what it is
    there for."""
    finders = {
        name: {property_ for line in whole(runs[name]) for property_, _ in line["found"] if shows(name, property_)}
        for name in LEAKS
        if name in runs
    }
    return [
        {
            "property": property_,
            "leaks found": sum(property_ in each for each in finders.values()),
            "that nothing else finds": ", ".join(name for name, each in finders.items() if each == {property_}),
            "is there to see": PURPOSES[property_],
        }
        for property_ in PROPERTIES
    ]


def _within(runs: Sequence[Line]) -> bool:
    return all(line["seconds"] is not None and line["seconds"] <= BUDGET_S for line in runs)


def _share(part: int, whole_: int) -> str:
    return f" ({part / whole_:.0%})" if whole_ else ""


def _listed(counts: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{stack} {count}' for stack, count in counts.items())})" if counts else ""


def _told(runs: Sequence[Line], key: str) -> str:
    """The median and the 90th percentile over the runs that found something."""
    told = median_and_p90(runs, key)
    return f"{told[0]:,.0f}, {told[1]:,.0f}" if told else ""


def _said(line: Line) -> str:
    """What a run that has not found the leak said instead."""
    if line["verdict"] == NO_VERDICT:
        return str(line["ended"])
    return "found otherwise" if line["verdict"] == "violated" else str(line["verdict"])


def _named(name: str, runs: Sequence[Line]) -> str:
    """The causes that experiments named; a star at those that are right."""
    of_class = LEAKS[name].leak_class.partition(" ")[0] if name in LEAKS else ""
    right = CAUSES.get(name, CAUSES.get(of_class, set()))
    counts = sum((Counter(each["causes"]) for each in runs), Counter[str]())
    return ", ".join(f"{cause}{'*' * (cause in right)} {count}" for cause, count in counts.most_common())


def _counted(words: Iterable[set[str]]) -> str:
    """In how many of the sets each word is."""
    counts = Counter(word for each in words for word in each)
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))
