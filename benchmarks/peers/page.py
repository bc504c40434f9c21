"""The page that compares the tools, made from what was measured."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from benchmarks import kill_lines
from benchmarks.peers.tool import OUT_OF_TIME, ROOT, Budget, lines_of, written_lines
from benchmarks.peers.tools import TOOLS
from benchmarks.tables import table
from clickdrop.leaks import LEAKS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from benchmarks.peers.tool import Tool

    Line = Mapping[str, Any]
    """What `__main__.measured` says of a run."""

CLEAN: Final = kill_lines.CLEAN
PARTYWALL: Final = "Partywall"
SUITE: Final = ("isolation_tests", "fixtures", "strategies")
SHOWN = 2
"""Accusations of a leak that are told; of the others, how many there are."""


@dataclass
class Record:
    """What a tool said. ``clean``: by stack, all that it said of correct services, where it was tried on one.
    ``leaky``: by leak, without runs that time has ended. ``lines``: every run."""

    clean: dict[str, set[str]] = field(default_factory=dict)
    leaky: dict[str, Line] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def new(self) -> dict[str, list[str]]:
        """By leak that can be told, what the tool said of it and not of the correct service on that stack."""
        return {
            leak: [each for each in line["accusations"] if each not in self.clean[line["stack"]]]
            for leak, line in self.leaky.items()
            if line["stack"] in self.clean
        }

    def killed(self) -> dict[str, list[str]]:
        """The same, without what is of a kind that it says of the correct service as well."""
        kinds = {_kind(each) for said in self.clean.values() for each in said}
        return {leak: [each for each in said if _kind(each) not in kinds] for leak, said in self.new().items()}


def records(lines: Iterable[Line], pinned: Mapping[str, str]) -> dict[str, Record]:
    """What each tool said, in its pinned version. Of two runs that are the same, the later."""
    latest = {(line["tool"], line["leak"], line["stack"], line["run"]): line for line in comparable(lines, pinned)}
    found = {tool.name: Record() for tool in TOOLS}
    for line in latest.values():
        record = found[line["tool"]]
        record.lines.append(line)
        if line["leak"] == CLEAN:
            record.clean.setdefault(line["stack"], set()).update(line["accusations"])
        elif OUT_OF_TIME not in line["note"]:
            record.leaky[line["leak"]] = line
    for record in found.values():
        record.leaky = {leak: record.leaky[leak] for leak in LEAKS if leak in record.leaky}
    return found


def comparable(lines: Iterable[Line], pinned: Mapping[str, str]) -> list[Line]:
    """The lines that may be held against each other: of the pinned versions, and of the commit and bounds that most of
    them are of, of two such the later."""
    version = {tool.name: pinned[tool.package] for tool in TOOLS}
    return _most([line for line in lines if line["version"] == version.get(line["tool"])], _setting)


def page(lines: Sequence[Line], own: Sequence[Line], pinned: Mapping[str, str]) -> str:
    """The page in Markdown. ``own``: the lines of the kill matrix."""
    said = records(lines, pinned)
    rows = [_row(tool, said[tool.name], pinned[tool.package]) for tool in TOOLS]
    used = [line for record in said.values() for line in record.lines]
    commit, bounds = _setting(used[0]) if used else ("none", None)
    told = f"{bounds.requests:,} requests and {bounds.seconds:g} seconds" if bounds else "none"
    own = _most(own, lambda line: line["commit"])
    runs = kill_lines.by_name({**line, "killed": _within(line, bounds)} for line in own)
    return "\n".join(
        [
            "# Other tools on the same ground\n",
            "Made by `make bench-peers` (`python -m benchmarks.peers`): each tool on the reference service with\n"
            "nothing planted, and with each leak by itself, in a fresh instance each time, on the stack that the leak\n"
            f"needs. Bounds of a run: {told}. Commit: {commit}.\n",
            "Every tool is given two users with keys, and objects of every kind that these made through the API:\n"
            "orders with and without labels, one under a reference that both use, a manifest, a checkout, a parcel, a\n"
            "job. It is set up as its documentation says (`benchmarks/peers/setups/`). Its requests are counted by a\n"
            "proxy that passes bytes on as they are. The machine is shared: seconds say less than requests.\n",
            "A tool kills a leak if it reports something of the leaky service that it reported in no run of the\n"
            "correct one. What it reports of the correct one is a false alarm. An accusation is what the tool itself\n"
            "calls a failure; what it calls inconclusive is none, and is told below. New words of a kind that it also\n"
            "says of the correct service are doubtful, and no kill: a fuzzer says the like of another operation each\n"
            "time. A leak that was not tried is not counted, nor is one whose run was stopped by time; there are\n"
            f"{len(LEAKS)}. A tool that runs once for each of two APIs has half of the requests, and all of the\n"
            "seconds, each time.\n",
            table([*rows, *_own_row(runs)]),
            f"{PARTYWALL}'s row is from the kill matrix: leaks that every run of its suite found within these bounds.\n"
            "Only its runs say when they found something, and not what a run takes to its end. Its suite was written\n"
            "for this service, its leaks being known; the lines are those of\n"
            f"{', '.join(f'`{name}`' for name in SUITE)}.\n",
            "## Each tool\n",
            *(_told(tool, said[tool.name]) for tool in TOOLS),
            "## Each leak\n",
            table(_matrix(said, runs)),
        ]
    )


def _row(tool: Tool, record: Record, version: str) -> dict[str, Any]:
    killed = record.killed()
    hits = {leak for leak, new in killed.items() if new}
    return {
        "tool": f"{tool.name} {version}",
        "leaks killed, of those tried": _of(hits, killed) or "none tried yet",
        **_by_difficulty(hits, killed),
        "doubtful": sum(bool(said) and leak not in hits for leak, said in record.new().items()),
        "false alarms": _alarms([bool(line["accusations"]) for line in record.lines if line["leak"] == CLEAN]),
        "requests of a run, median": _median(line["requests"] for line in record.lines),
        "seconds of a run, median": _median(line["seconds"] for line in record.lines),
        "requests to the first finding, median": "",
        "seconds to the first finding, median": "",
        "lines to write": lines_of(tool),
    }


def _own_row(runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    tried = [leak for leak in LEAKS if leak in runs]
    if not tried:
        return []
    hits = {leak for leak in tried if all(line["killed"] for line in runs[leak])}
    first = [line for leak in tried for line in runs[leak] if line["killed"]]
    return [
        {
            "tool": PARTYWALL,
            "leaks killed, of those tried": _of(hits, tried),
            **_by_difficulty(hits, tried),
            "doubtful": "",
            "false alarms": _alarms([line["verdict"] == "violated" for line in runs.get(CLEAN, ())]),
            "requests of a run, median": "",
            "seconds of a run, median": "",
            "requests to the first finding, median": _median(line["requests"] for line in first),
            "seconds to the first finding, median": _median(line["seconds"] for line in first),
            "lines to write": _suite_lines(),
        }
    ]


def _within(line: Line, bounds: Budget | None) -> bool:
    """Did a run of the kill matrix find the leak within what the other tools may spend?"""
    spent = kill_lines.found(line) and line["requests"] is not None
    return spent and (bounds is None or (line["requests"] <= bounds.requests and line["seconds"] <= bounds.seconds))


def _setting(line: Line) -> tuple[str, Budget]:
    return line["commit"], Budget(**line["bounds"])


def _most(lines: Sequence[Line], key: Callable[[Line], Any]) -> list[Line]:
    """The lines of the key that most of them have, of two such the later's."""
    most = Counter(map(key, reversed(lines))).most_common(1)
    return [line for line in lines if key(line) == most[0][0]]


def _alarms(accused: Sequence[bool]) -> str:
    """In how many of the runs with nothing planted something was reported."""
    return f"{sum(accused)} of {len(accused)} runs" if accused else ""


def _by_difficulty(hits: Collection[str], tried: Iterable[str]) -> dict[str, str]:
    cells = {}
    tried = list(tried)
    for difficulty in dict.fromkeys(leak.difficulty for leak in LEAKS.values()):
        those = [leak for leak in tried if LEAKS[leak].difficulty == difficulty]
        cells[str(difficulty)] = _of([leak for leak in those if leak in hits], those)
    return cells


def _told(tool: Tool, record: Record) -> str:
    alarms = sorted(set().union(*record.clean.values())) if record.clean else []
    clean = sum(line["leak"] == CLEAN for line in record.lines)
    noted = [line for line in record.lines if line["note"]]
    notes = [f"{line['leak'] or 'nothing planted'}, {line['stack']}: {line['note']}" for line in noted]
    killed = record.killed()
    kills = [f"`{leak}`: {_some(found)}" for leak, found in killed.items() if found]
    doubtful = [f"`{leak}`: {_some(found)}" for leak, found in record.new().items() if found and not killed[leak]]
    return "\n".join(
        [
            f"### {tool.name}\n",
            f"Set up: {tool.setup}\n",
            f"It doesn't claim to look at {tool.silent_on}.\n",
            f"False alarms in {clean} runs with nothing planted: {_list(alarms)}",
            f"Killed: {_list(kills)}",
            f"Doubtful: {_list(doubtful)}",
            f"Runs to be read with care: {_list(notes)}",
        ]
    )


def _matrix(said: Mapping[str, Record], runs: Mapping[str, Sequence[Line]]) -> list[dict[str, Any]]:
    killed = {name: record.killed() for name, record in said.items()}
    new = {name: record.new() for name, record in said.items()}
    rows = []
    for name, leak in LEAKS.items():
        row = {"leak": f"`{name}`", "class": leak.leak_class, "difficulty": str(leak.difficulty)}
        for tool, found in killed.items():
            row[tool] = "" if name not in found else "killed" if found[name] else "?" if new[tool][name] else "–"
        if name in runs:
            row[PARTYWALL] = f"{sum(line['killed'] for line in runs[name]) / len(runs[name]):.0%}"
        rows.append(row)
    return rows


def _suite_lines() -> int:
    return sum(written_lines(path) for name in SUITE for path in (ROOT / name).rglob("*.py"))


def _kind(accusation: str) -> str:
    return accusation.partition(": ")[0]


def _of(hits: Collection[str], tried: Collection[str]) -> str:
    return f"{len(hits)} of {len(tried)}" if tried else ""


def _median(values: Iterable[float]) -> Any:
    found = round(statistics.median(each), 1) if (each := list(values)) else ""
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _some(accusations: Sequence[str]) -> str:
    more = len(accusations) - SHOWN
    return "; ".join(accusations[:SHOWN]) + (f"; {more} more" if more > 0 else "")


def _list(entries: Sequence[str]) -> str:
    return "".join(f"\n- {each}" for each in entries) + "\n" if entries else "none.\n"
