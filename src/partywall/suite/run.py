"""One run under pytest: its seed and folder, its history file, and at the end its report.

With xdist there is a `Run` in every worker, which writes a history file of its own, and one in the
controller, which merges them.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from partywall.baseline import read
from partywall.config import Config, random_seed
from partywall.errors import UsageError
from partywall.events import TestOutcome
from partywall.grid import Rule
from partywall.model import Outcome
from partywall.suite.records import Records, clear, concluded, meaning, sentence

if TYPE_CHECKING:
    from collections.abc import Generator

    from partywall.events import Event
    from partywall.gate import Assessment
    from partywall.target import Target


class Run:
    """A run, and a pytest plugin of its own from the moment a trial may be opened."""

    def __init__(self, pytest_config: pytest.Config) -> None:
        self._pytest = pytest_config
        told = getattr(pytest_config, "workerinput", {}).get("partywall")
        self.is_worker = told is not None
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "") if self.is_worker else ""
        if told:
            seed, folder = told[0], Path(told[1])
        else:
            chosen = pytest_config.getoption("partywall_seed")
            seed, folder = random_seed() if chosen is None else chosen, _folder(pytest_config)
        self.config = Config(seed=seed, folder=folder)
        self.rule = _rule(pytest_config)
        self.assessment: Assessment | None = None
        self._started = time.time()
        self._records = Records(self.config, self.worker)
        self._begun = False
        self._tests: dict[str, TestOutcome] = {}
        self._trouble: list[str] = []

    def emit(self, event: Event) -> None:
        """Something happened."""
        self._records.emit(event)

    def write_evidence(self, target: Target) -> None:
        """A folder for each new finding, while the target is still up."""
        self._records.write_evidence(target, self._pytest.getoption("partywall_replays"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        """What was found is what a test ends with, whatever else becomes of it: Hypothesis takes a state machine that a
        violation stops for one that draws differently each time.
        """
        try:
            return (yield)
        except Exception as error:
            isolation = getattr(item, "funcargs", {}).get("isolation")
            if isolation is None or isolation.violation is None or meaning(error)[0] is Outcome.VIOLATED:
                raise
            raise isolation.violation from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Say on the report what the test's end means: it travels from workers to the controller."""
        report = yield
        if "isolation" in getattr(item, "fixturenames", ()) and (call.when == "call" or call.excinfo):
            outcome, reason = meaning(call.excinfo.value if call.excinfo else None)
            doc = getattr(getattr(item, "obj", None), "__doc__", None) or getattr(item.parent, "__doc__", None)
            report.user_properties += [
                ("partywall", str(outcome)),
                ("partywall_sentence", sentence(doc or item.name)),
                ("partywall_reason", reason),
            ]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the outcomes. A later phase can make an outcome worse, never better."""
        said = dict(report.user_properties)
        if "partywall" not in said:
            return
        outcome = TestOutcome(
            report.nodeid,
            str(said["partywall_sentence"]),
            Outcome(str(said["partywall"])),
            str(said["partywall_reason"]),
        )
        before = self._tests.get(report.nodeid)
        if before is None or before.outcome is Outcome.HELD:
            self._tests[report.nodeid] = outcome

    def pytest_sessionstart(self) -> None:
        """A run that is known before its session begins with it."""
        self.begin()

    def begin(self) -> None:
        """Clear away, once, what an earlier run left in the same folder: before a worker of this one writes there."""
        if not self.is_worker and not self._begun:
            self._begun = True
            clear(self.config.folder)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tests that can't be collected prove nothing."""
        if report.failed:
            self._trouble.append(f"{report.nodeid or 'collection'}: could not be collected")

    def pytest_keyboard_interrupt(self) -> None:
        """Ctrl-C: what there is so far is reported."""
        self._trouble.append("interrupted")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker that crashed took its tests with it."""
        if error:
            self._trouble.append(f"worker {node.gateway.id} crashed")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Merge the workers' histories, judge the run, write its report."""
        self._records.close()
        written = any(self.config.folder.glob("history*.ndjson"))
        if self.is_worker or not (written or self._pytest.getoption("partywall_gate")):
            return
        if session.testsfailed and not self._tests:
            self._trouble.append("tests failed before any property was tested")
        system = self._pytest.getoption("partywall_real") or self._pytest.getini("partywall_real")
        self.assessment = concluded(
            self.config, self._tests.values(), self._trouble, self.rule, started=self._started, system=system
        )
        _point_latest(self.config.folder)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Verdict, reasons and findings, last before pytest's closing line."""
        if self.assessment is not None:
            from partywall.reporting.terminal import summary

            terminalreporter.section(f"partywall: {self.assessment.outcome}")
            for line in summary(self.assessment, self.config.folder):
                terminalreporter.write_line(line)
            if os.environ.get("GITHUB_ACTIONS") == "true":
                from partywall.reporting.annotations import workflow_commands

                for line in workflow_commands(self.assessment):
                    terminalreporter.write_line(line)

    def pytest_report_header(self) -> str:
        """The seed, before anything else happens."""
        return f"partywall: seed {self.config.seed}, report in {_shown(self.config.folder)}"


def _rule(config: pytest.Config) -> Rule:
    """The rule that the command line and the settings ask for together."""
    tolerate, refuse = (
        [w for words in config.getoption(f"partywall_{name}") for w in words.split(",")]
        + list(config.getini(f"partywall_{name}"))
        for name in ("tolerate", "refuse")
    )
    baseline = config.getoption("partywall_baseline") or config.getini("partywall_baseline")
    try:
        known = read(config.rootpath / baseline) if baseline else ()
        return Rule.of(tolerate, refuse, known, datetime.now(UTC).date())
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def _folder(config: pytest.Config) -> Path:
    if chosen := config.getoption("partywall_folder"):
        return _writable(Path(chosen).absolute())
    if runs := config.getini("partywall_runs"):
        name = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f"-{os.getpid()}"
        return _writable(config.rootpath / runs / name)
    return _writable(Path.cwd() / "partywall-report")


def _writable(folder: Path) -> Path:
    """The folder, or one for temporary files if it can't be made there: a report is never lost."""
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return folder
    return Path(tempfile.mkdtemp(prefix="partywall-report-"))


def _point_latest(folder: Path) -> None:
    if folder.parent.name == "runs":
        fresh = folder.parent / f".latest-{os.getpid()}"
        fresh.symlink_to(folder.name)
        fresh.replace(folder.parent / "latest")


def _shown(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
