"""A run's files: the history as it grows, the evidence of what was found, and at the end the report."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from partywall.errors import Violation
from partywall.events import RunEnded, TrialJudged
from partywall.gate import Tally, assess
from partywall.model import Outcome
from partywall.record import HistoryFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from partywall.config import Config
    from partywall.events import Event, TestOutcome
    from partywall.gate import Assessment
    from partywall.grid import Rule
    from partywall.model import Finding, History
    from partywall.reduction.reduce import Witness
    from partywall.target import Target

HISTORY = "history.ndjson"
_EVIDENCE_TENANTS = 2**35 - 2**20


class Records:
    """What one process writes of a run."""

    def __init__(self, config: Config, worker: str = "") -> None:
        self._config = config
        self._name = f"history-{worker}.ndjson" if worker else HISTORY
        self._file: HistoryFile | None = None
        self._unexplained: dict[str, tuple[Finding, History]] = {}
        self._explained: set[str] = set()
        self._witnesses: list[Witness] = []
        self._next_tenant = _EVIDENCE_TENANTS

    def emit(self, event: Event) -> None:
        """Something happened."""
        if self._file is None:
            self._config.folder.mkdir(parents=True, exist_ok=True)
            self._file = HistoryFile(self._config.folder / self._name, self._config)
        self._file(event)
        if isinstance(event, TrialJudged):
            for finding in event.judgement.verdict.findings:
                self._unexplained.setdefault(finding.id, (finding, event.history))

    def write_evidence(self, target: Target, seconds: float | None = None) -> None:
        """A folder for each new finding, while the target is still up; replays for so long, if it is said."""
        new = {id_: found for id_, found in self._unexplained.items() if id_ not in self._explained}
        if new:
            from partywall.reduction.reduce import Budget
            from partywall.reporting.evidence import write_evidence

            self._explained |= new.keys()
            self._next_tenant = write_evidence(
                self._config.folder,
                list(new.values()),
                target,
                self._config.key,
                None if seconds is None else Budget(seconds=seconds),
                first_number=self._next_tenant,
                heard=self._file,
                witnesses=self._witnesses,
            )

    def close(self) -> None:
        """Close the history file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def clear(folder: Path) -> None:
    """Remove the history and the evidence that an earlier run left."""
    for stale in folder.glob("history*.ndjson"):
        stale.unlink()
    shutil.rmtree(folder / "findings", ignore_errors=True)


def sentence(said: str) -> str:
    """What a docstring claims: its first paragraph, in one line."""
    return " ".join(said.strip().split("\n\n")[0].split())


def concluded(
    config: Config,
    tests: Iterable[TestOutcome],
    trouble: Iterable[str],
    rule: Rule,
    *,
    started: float,
    system: str | None = None,
) -> Assessment:
    """Merge the workers' histories, judge the run as a whole, and write its report.

    Args:
        started: when, in seconds since the epoch.
        system: the name of the real system that was tested; none for one whose data is nobody's.
    """
    history = config.folder / HISTORY
    config.folder.mkdir(parents=True, exist_ok=True)
    _merge(sorted(config.folder.glob("history-*.ndjson")), history)
    with HistoryFile(history, config, again=True) as file:
        file(RunEnded(tuple(tests), tuple(trouble), tuple(sorted(rule.tolerated)), rule.known, rule.day))
    tally = Tally.of(history)
    assessment = assess(tally, tally.tests, tally.trouble, tally.rule)
    from partywall.reporting.files import write_reports

    write_reports(config.folder, assessment, started=started, ended=time.time(), system=system)
    return assessment


def meaning(error: BaseException | None) -> tuple[Outcome, str]:
    """What an error that ended a test says about isolation. Hypothesis wraps errors in groups, and calls a
    leak flaky that did not show a second time: it showed."""
    if error is None:
        return Outcome.HELD, ""
    for each in _tree(error):
        if isinstance(each, Violation):
            return Outcome.VIOLATED, str(each).partition("\n")[0]
    if isinstance(error, pytest.skip.Exception):
        return Outcome.INCONCLUSIVE, f"skipped: {error}"
    deepest = list(_tree(error))[-1]
    return Outcome.INCONCLUSIVE, f"{type(deepest).__name__}: {str(deepest).partition(chr(10))[0]}"


def _tree(error: BaseException) -> Iterator[BaseException]:
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _tree(each)


def _merge(parts: list[Path], into: Path) -> None:
    with into.open("a", encoding="utf-8") as merged:
        for part in parts:
            lines = part.read_text(encoding="utf-8").splitlines(keepends=True)
            merged.writelines(line for line in lines if line.endswith("\n"))
            part.unlink()
