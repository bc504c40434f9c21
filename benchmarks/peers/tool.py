"""What a tool is to the comparison, and how it is run within bounds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.peers.ground import Ground

ROOT: Final = Path(__file__).parents[2]
BIN: Final = ROOT / ".venv-peers" / "bin"
SETUPS: Final = Path(__file__).parent / "setups"
LOOK_EVERY_S = 0.05
OUT_OF_TIME: Final = "stopped: seconds spent"
"""The note of a run that time has ended: what it was still to look at is not known."""
GRACE_S = 15.0
"""What a tool that was interrupted has for its report."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What each tool may spend on one service."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool said of one service.

    Attributes:
        accusations: what it reported as wrong, its kind first, in words that are the same for the same thing in
            another run.
        status: the exit status, of several runs the highest; None if it was not run.
        note: why the result may say less than it seems to.
    """

    accusations: tuple[str, ...]
    requests: int
    seconds: float
    status: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: how its documentation sets it up, and what it makes of a service.

    Attributes:
        name: as it is called. package: as it is pinned. setup: what was done, in a sentence or two.
        written: the files in `setups` that somebody has to write by hand. silent_on: what it doesn't claim to look at.
        run: lets it loose on a service, in a folder; the last argument is where the tools' commands are.
    """

    name: str
    package: str
    setup: str
    written: tuple[str, ...]
    silent_on: str
    run: Callable[[Ground, Budget, Path, Path], Result]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    status: int
    output: str
    requests: int
    seconds: float
    note: str


def bounded(command: Sequence[str | Path], ground: Ground, budget: Budget, folder: Path) -> Done:
    """Run a command in a folder, with the ground's values as variables; interrupt it once it has spent its budget."""
    told = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COVERAGE"))}
    log = folder / "output.txt"
    before, begun, note = ground.counter.requests, time.monotonic(), ""
    with log.open("w") as output:
        # What a shell has put in the background ignores interrupts, and all that it starts does.
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=told | ground.values,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, ours)
        while process.poll() is None:
            spent = [
                what
                for what, over in (
                    ("requests", ground.counter.requests - before >= budget.requests),
                    ("seconds", time.monotonic() - begun >= budget.seconds),
                )
                if over
            ]
            if spent:
                note = f"stopped: {spent[0]} spent"
                break
            time.sleep(LOOK_EVERY_S)
        requests, seconds = ground.counter.requests - before, time.monotonic() - begun
        if note:
            _interrupt(process)
    return Done(process.wait(), log.read_text(errors="replace"), requests, round(seconds, 2), note)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does; then by force."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(GRACE_S)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return


def write(name: str, ground: Ground, folder: Path) -> Path:
    """Copy a file of a set-up into a folder, with the ground's values where it has ``${NAME}``."""
    text = Template((SETUPS / name).read_text()).safe_substitute(ground.values)  # a JSONPath has a dollar of its own
    if "${" in text:
        raise ValueError(f"{name}: {text.partition('${')[2].partition('}')[0]!r} is none of the ground's values")
    path = folder / name
    path.write_text(text)
    return path


def lines_of(tool: Tool) -> int:
    """How many lines of a tool's set-up somebody has to write by hand, without blank ones and comments."""
    return sum(written_lines(SETUPS / name) for name in tool.written)


def written_lines(path: Path) -> int:
    """How many lines of a file are neither blank nor a comment."""
    lines = map(str.strip, path.read_text().splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def half(budget: Budget) -> Budget:
    """For a tool that runs twice, once for each API description: half of the requests, and all of the seconds, as what
    it looks at last is not to be cut off by a slow machine."""
    return Budget(budget.requests // 2, budget.seconds)


def together(parts: Sequence[tuple[Done, Sequence[str]]], *further: str) -> Result:
    """The result of a tool that ran once or more: what each command said, and further notes."""
    notes = dict.fromkeys(note for note in (*(done.note for done, _ in parts), *further) if note)
    return Result(
        tuple(sorted({accusation for _, accusations in parts for accusation in accusations})),
        sum(done.requests for done, _ in parts),
        round(sum(done.seconds for done, _ in parts), 2),
        max((done.status for done, _ in parts), key=abs),
        "; ".join(notes),
    )
