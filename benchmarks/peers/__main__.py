"""Other tools on the same ground: which planted leak each reports, with how many requests, and what it says of the
correct service.

    python -m benchmarks.peers [--quick | --page] [--tool NAME] [--jobs N] [--requests N] [--seconds S] [--bin FOLDER]
                               [LEAK ...]

Every run is a line of benchmarks/results/peers.ndjson as soon as it has ended, and a run that is there is not done
again: the command goes on where it was stopped. One in which the service did not start, or died, is told, and tried
again next time. The clean service runs too, under the name "", on each stack that a leak needs. docs/peers.md is made
from the lines of the pinned versions, and of the commit and bounds that most of them are of. Partywall's own row is
made from benchmarks/results/kill_matrix.ndjson, within the same bounds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from benchmarks import kill_lines, kill_matrix
from benchmarks.peers import page
from benchmarks.peers.ground import ground
from benchmarks.peers.tool import BIN, ROOT, Budget, Result, Tool
from benchmarks.peers.tools import TOOLS, versions
from clickdrop.leaks import LEAKS
from partywall.errors import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RESULTS: Final = ROOT / "benchmarks" / "results" / "peers.ndjson"
PAGE: Final = ROOT / "docs" / "peers.md"
MEASURED: Final = (
    "reference",
    "requirements-peers.lock",
    "benchmarks/peers",
    ":(exclude)benchmarks/peers/__main__.py",
    ":(exclude)benchmarks/peers/page.py",
)
REQUESTS, SECONDS = 10_000, 300.0
CLEAN_RUNS = 2
"""What fuzzes says something else of the same service another time."""
QUICK: Final = (
    "order-read-without-tenant",
    "reference-of-anyone",
    "order-list-cache-without-tenant",
    "tenant-from-header",
    "error-quotes-order",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run that is to be done. ``leak`` is empty for the clean service, which runs more than once."""

    tool: Tool
    leak: str
    stack: str
    run: int = 1


def main() -> None:
    """Do the runs that are not there yet, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"some leaks only: {', '.join(QUICK)}")
    parser.add_argument("--tool", action="append", choices=[tool.name for tool in TOOLS], help="by default all")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time (default: 1)")
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"of each run at most (default: {REQUESTS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each run at most (default: {SECONDS:g})")
    parser.add_argument("--bin", type=Path, default=BIN, metavar="FOLDER", help="where the tools' commands are")
    parser.add_argument("--page", action="store_true", help="measure nothing; write the page of what is there")
    parser.add_argument("leaks", nargs="*", metavar="LEAK", help="by default all")
    told = parser.parse_args()
    if unknown := [leak for leak in told.leaks if leak not in LEAKS]:
        parser.error(f"unknown leak {unknown[0]!r}; expected some of: {', '.join(LEAKS)}")
    tools = [tool for tool in TOOLS if not told.tool or tool.name in told.tool]
    budget, here, pinned = Budget(told.requests, told.seconds), kill_matrix.commit(MEASURED), versions()
    done = {key(line) for line in _there()}
    wanted = [
        each
        for each in ([] if told.page else runs(tools, told.leaks or (QUICK if told.quick else LEAKS)))
        if key(described(each, budget, here, pinned)) not in done
    ]
    pool = ThreadPoolExecutor(told.jobs)
    try:
        lines = [pool.submit(measured, each, budget, here, pinned, told.bin.absolute()) for each in wanted]
        with kill_lines.opened(RESULTS) as file:
            for line in kill_lines.finished(lines):
                _keep(line, file)
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted command does not begin what is left
    PAGE.write_text(page.page(_there(), kill_lines.read(kill_matrix.RESULTS), pinned))


def _there() -> list[dict[str, Any]]:
    return kill_lines.ended(RESULTS.read_text()) if RESULTS.exists() else []


def _keep(line: dict[str, Any], file: TextIO) -> None:
    """Write a run down if there was one, and tell it."""
    if line["status"] is not None:
        file.write(json.dumps(line) + "\n")
        file.flush()
    print(
        f"{line['tool']}, {line['leak'] or 'clean'}, {line['stack']}: {len(line['accusations'])} accusations, "
        f"{line['requests']} requests, {line['seconds']} s {line['note']}",
        flush=True,
    )


def runs(tools: Iterable[Tool], leaks: Iterable[str]) -> Iterator[Wanted]:
    """The runs of some tools on some leaks, the clean services that they need first."""
    tools, stacks = list(tools), {leak: stack_of(leak) for leak in leaks}
    for stack in dict.fromkeys(stacks.values()):
        yield from (Wanted(tool, page.CLEAN, stack, run) for run in range(1, CLEAN_RUNS + 1) for tool in tools)
    yield from (Wanted(tool, leak, stack) for leak, stack in stacks.items() for tool in tools)


def stack_of(leak: str) -> str:
    """The stack that a leak is tried on."""
    return "production" if LEAKS[leak].stack == "production" else "embedded"


def described(wanted: Wanted, budget: Budget, here: str, pinned: dict[str, str]) -> dict[str, Any]:
    """What a run is, as the beginning of its line."""
    return {
        "tool": wanted.tool.name,
        "version": pinned[wanted.tool.package],
        "leak": wanted.leak,
        "stack": wanted.stack,
        "run": wanted.run,
        "commit": here,
        "bounds": asdict(budget),
    }


def key(line: dict[str, Any]) -> str:
    """What makes a run the same as another."""
    names = ("tool", "version", "leak", "stack", "run", "commit", "bounds")
    return json.dumps([line[name] for name in names])


def measured(wanted: Wanted, budget: Budget, here: str, pinned: dict[str, str], bin_: Path) -> dict[str, Any]:
    """One run of a tool on a fresh service, as a line of the results."""
    try:
        with tempfile.TemporaryDirectory() as folder, ground(wanted.stack, wanted.leak) as service:
            result = wanted.tool.run(service, budget, Path(folder), bin_)
    except Inconclusive as error:  # it did not start, or died meanwhile: what the tool said of it is worth nothing
        result = Result((), 0, 0.0, None, str(error))
    return described(wanted, budget, here, pinned) | asdict(result)


if __name__ == "__main__":
    main()
