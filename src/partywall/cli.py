"""The command: ``partywall run``, ``plan``, ``explore``, ``judge``, ``init``, and what they exit with.

0 held, 1 violated, 2 usage or configuration, 3 inconclusive, 4 internal error.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from partywall.config import BASELINE, REAL, REPLAYS, RULES, SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, ModuleType
    from typing import NoReturn

    import pytest

_USAGE, _INCONCLUSIVE, _INTERNAL = 2, 3, 4
_DESCRIPTION = "http://127.0.0.1:8000/openapi.json"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print the whole usage."""
        self.exit(_USAGE, f"partywall: {message}\n")


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    parser = _Parser(prog="partywall", description="Does any response show one tenant what is another's?")
    parser.add_argument("--version", action="version", version=f"partywall {version('partywall')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run isolation tests and judge the run as a whole",
        description="Runs isolation tests under pytest. Exits 0 held, 1 violated, 2 usage, 3 inconclusive, "
        "4 internal error. What is not listed here is handed to pytest: paths, -k, -n, a project's own options.",
    )
    run.add_argument("--seed", type=_seed, metavar="N", help="bring a run's data and order back")
    run.add_argument("--report", metavar="DIR", help="folder for the report (default: partywall-report)")
    run.add_argument("--replays", type=float, metavar="SECONDS", help=REPLAYS)
    run.add_argument("--real", metavar="SYSTEM", help=REAL)
    judge = commands.add_parser(
        "judge",
        help="judge a recorded history again",
        description="Judges the history.ndjson of a run again, offline: all trials, by all properties, and the run as "
        "a whole. Exit statuses are those of run.",
    )
    judge.add_argument("history", metavar="HISTORY", help="a run's history.ndjson")
    judge.add_argument("--report", metavar="DIR", help="write report.json there")
    judge.add_argument("--json", action="store_true", help="print the report instead of a summary")
    plan = commands.add_parser(
        "plan",
        help="show what a described API's operations are taken for",
        description="Prints a table: each operation of an OpenAPI description, its part in a run, and why. Put it "
        "right in the settings, under operations.",
    )
    explore = commands.add_parser(
        "explore",
        help="try every interleaving of a described application's operations, in this process",
        description="Lets two tenants use an ASGI application at the same time: each pair of its operations, in every "
        "order with at most one preemption, with hang-ups, then by chance. Each schedule gets a fresh instance. Writes "
        "explore.json, and for what it finds a pytest test. Exit statuses are those of run.",
    )
    explore.add_argument("--seed", type=_seed, metavar="N", help="bring an exploration back")
    explore.add_argument("--report", metavar="DIR", help="folder for what it writes (default: partywall-report)")
    explore.add_argument("--schedules", type=_count, metavar="N", help="run at most so many (default: no limit)")
    for command in (run, plan, explore):
        _add_generic(command)
    init = commands.add_parser(
        "init",
        help="write the files of a suite for a described API",
        description="Writes partywall.toml, conftest.py, isolation_tests/, reports/ and a workflow for GitHub here. "
        "What is there already is kept.",
    )
    init.add_argument("--openapi", metavar="URL-OR-FILE", help=f"the description (default: {_DESCRIPTION})")
    init.add_argument("--base-url", metavar="URL", default="", help="where the service is")
    init.add_argument("--app", metavar="MODULE:APP", default="", help="an ASGI application to serve in the tests")
    init.add_argument("--tenants", metavar="FILE", default="", help="a file that lists the tenants")
    run.add_argument(
        "--dry-run", action="store_true", help="with --openapi: prove the tenants, print the plan, change nothing"
    )
    for command in (run, judge):
        for word, meaning in RULES.items():
            command.add_argument(f"--{word}", action="append", default=[], metavar="WORDS", help=meaning)
        command.add_argument("--baseline", metavar="FILE", help=BASELINE)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    takes = parser()
    known, others = takes.parse_known_args(argv)
    if known.command != "run" and others:
        takes.error(f"{known.command} takes no {others[0]}")
    try:
        if known.command == "init":
            return _told(lambda: _init(known))
        if known.command == "plan":
            return _told(lambda: _generic().show_plan(known))
        if known.command == "judge":
            return _judge(known)
        if known.command == "explore":
            return _explore(known)
        rules = [f"--partywall-{word}={words}" for word in RULES for words in getattr(known, word)]
        if known.baseline:
            rules.append(f"--partywall-baseline={Path(known.baseline).absolute()}")
        if known.replays is not None:
            rules.append(f"--partywall-replays={known.replays}")
        if known.real:
            rules.append(f"--partywall-real={known.real}")
        if not (known.openapi or known.app or _described(others)):
            return _run(known.seed, known.report, [*rules, *others])
        if known.dry_run:
            return _told(lambda: _generic().dry_run(known))
        return _run_generic(known, rules, others)
    except Exception:  # Python's own exit status for a crash is 1, which would say "violated"
        traceback.print_exc()
        sys.stderr.write("partywall: internal error, please report it with the lines above\n")
        return _INTERNAL


def _init(known: argparse.Namespace) -> list[str]:
    from partywall.suite import layout

    openapi = known.openapi or ("/openapi.json" if known.app else _DESCRIPTION)
    return layout.write(Path.cwd(), openapi=openapi, base_url=known.base_url, app=known.app, tenants=known.tenants)


def _add_generic(command: argparse.ArgumentParser) -> None:
    """What a run from a description is told."""
    group = command.add_argument_group("an API from its description")
    group.add_argument("--openapi", metavar="URL-OR-FILE", help="OpenAPI 3.1, 3.0 or Swagger 2, JSON or YAML")
    group.add_argument("--base-url", metavar="URL", help="where the service is (default: as the description says)")
    group.add_argument("--app", metavar="MODULE:APP", help="serve an ASGI application in this process instead")
    group.add_argument("--tenants", metavar="FILE", help="tenants and their credentials, ours or Web Fuzzing Commons'")
    group.add_argument("--allow-host", action="append", default=[], metavar="HOST", help="call it, though not loopback")
    group.add_argument("--read-only", action="store_true", help="send nothing that may change something")
    group.add_argument("--keep", action="store_true", help="do not remove what the run has made")
    group.add_argument("--requests", type=int, metavar="N", help="send at most so many (default: 20000)")
    group.add_argument("--seconds", type=int, metavar="N", help="stop after so long (default: 600)")
    group.add_argument(
        "--rate", type=float, metavar="N", help="at most so many a second (default: no limit, 20 beyond loopback)"
    )


def _generic() -> ModuleType:
    from partywall.suite.generic import command

    return command


def _described(others: list[str]) -> bool:
    """Do the settings here name a description, and the command line no tests?"""
    if any(Path(each.partition("::")[0]).exists() or each == "--pyargs" for each in others):
        return False
    import tomllib

    for name in ("partywall.toml", "pyproject.toml"):
        try:
            document = tomllib.loads(Path(name).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if name == "pyproject.toml":
            document = document.get("tool", {}).get("partywall", {})
        if document:
            return "openapi" in document or "app" in document
    return False


def _told(lines: Callable[[], list[str]]) -> int:
    """Print lines."""

    def said() -> int:
        sys.stdout.writelines(f"{line}\n" for line in lines())
        return 0

    return _mended(said)


def _explore(known: argparse.Namespace) -> int:
    from partywall.suite.generic import exploring

    def explored() -> int:
        lines, status = exploring.run(known)
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return status

    return _interruptible(explored, "interrupted before the end of the exploration")


def _run_generic(known: argparse.Namespace, rules: list[str], others: list[str]) -> int:
    def ran() -> int:
        with _generic().prepared(known, others) as (arguments, plugins):
            return _run(known.seed, known.report, [*rules, *others, *arguments], plugins)

    return _interruptible(ran, "interrupted before anything was tried")


def _interruptible(act: Callable[[], int], interrupted: str) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _mended(act)
    except KeyboardInterrupt:
        sys.stderr.write(f"partywall: {interrupted}\n")
        return _INCONCLUSIVE


def _mended(act: Callable[[], int]) -> int:
    """What an act exits with; what a user can mend is one line."""
    from partywall.errors import Inconclusive, UsageError

    try:
        return act()
    except (UsageError, Inconclusive) as error:
        sys.stderr.write(f"partywall: {error}\n")
        return _USAGE if isinstance(error, UsageError) else _INCONCLUSIVE


def _run(seed: int | None, report: str | None, others: list[str], plugins: Sequence[object] = ()) -> int:
    import pytest

    arguments = ["--partywall-gate", "-p", "no:cacheprovider"]
    if seed is not None:
        arguments.append(f"--partywall-seed={seed}")
    if report:
        arguments.append(f"--partywall-folder={report}")
    gate = _Gate()
    # A CI system ends a job by SIGTERM: as with Ctrl-C, the target is stopped and the report written.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, gate.interrupt)
    complaints = io.StringIO()
    with contextlib.redirect_stderr(complaints):
        status = pytest.main([*arguments, *others], plugins=[gate, *plugins])
    if status == pytest.ExitCode.USAGE_ERROR:
        sys.stderr.write(f"partywall: {_gist(complaints.getvalue())}\n")
        return _USAGE
    sys.stderr.write(complaints.getvalue())
    return _INTERNAL if status == pytest.ExitCode.INTERNAL_ERROR else gate.exit_status


def _judge(told: argparse.Namespace) -> int:
    from partywall import baseline
    from partywall.errors import UsageError
    from partywall.gate import Tally, assess
    from partywall.grid import Rule
    from partywall.reporting import report as reports
    from partywall.reporting.files import write_reports
    from partywall.reporting.terminal import summary

    started = time.time()
    try:
        tolerate, refuse = ([w for words in each for w in words.split(",")] for each in (told.tolerate, told.refuse))
        known = baseline.read(Path(told.baseline)) if told.baseline else ()
        rule = Rule.of(tolerate, refuse, known, datetime.now(UTC).date())
        tally = Tally.again(Path(told.history))
        folder = Path(told.report) if told.report else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    except UsageError as error:
        sys.stderr.write(f"partywall: {error}\n")
        return _USAGE
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"partywall: {told.history}: expected a run's history.ndjson; came {error}\n")
        return _USAGE
    rule = rule if told.tolerate or told.refuse or told.baseline else tally.rule
    assessment = assess(tally, tally.tests, tally.trouble, rule)
    if folder:
        write_reports(folder, assessment, started=started, ended=time.time())
    if told.json:
        sys.stdout.write(reports.text(assessment, started=started, ended=time.time()))
    else:
        sys.stdout.writelines(f"{line}\n" for line in summary(assessment, folder))
    return assessment.exit_status


class _Gate:
    """Ends the run when it is interrupted, and fetches its verdict before pytest lets go of it."""

    exit_status = _INCONCLUSIVE
    _interrupted = False

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal that asks for an end."""
        self._interrupted = True
        raise KeyboardInterrupt

    def pytest_runtest_setup(self) -> None:
        """Interrupt again: an interrupt that came in a destructor or a callback of the collector, Python has
        ignored."""
        if self._interrupted:
            raise KeyboardInterrupt

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Take the verdict; without one, nothing was proven."""
        run = config.pluginmanager.get_plugin("partywall-run")
        if run is not None and run.assessment is not None:
            self.exit_status = run.assessment.exit_status


def _gist(complaints: str) -> str:
    """The one line of pytest's complaint that says what was wrong."""
    found = re.search(r"\berror: (.+)", complaints) or re.search(r"ERROR: (.+)", complaints)
    return found.group(1) if found else " ".join(complaints.split())


def _count(text: str) -> int:
    count = int(text) if text.isascii() and text.isdigit() else 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, came {text!r}")
    return count


def _seed(text: str) -> int:
    seed = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= seed < SEEDS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to {SEEDS - 1}, came {text!r}")
    return seed
