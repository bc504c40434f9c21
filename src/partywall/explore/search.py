"""A search under way: counts what stages run, keeps what they find, ends when that is enough."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from partywall.model import Outcome
from partywall.oracle.coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.explore.programme import Operations, Programme
    from partywall.explore.run import Run, Runner
    from partywall.explore.schedule import Schedule
    from partywall.explore.strategies import Strategy

Identity = tuple[str, str, str]


class Enough(Exception):
    """The search is over: budget spent, or found what it was to find."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding's first run. ``at``: how many schedules it took, itself included; ``stage``: whose it was."""

    identity: Identity
    run: Run
    at: int
    stage: str


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What was explored exhaustively, and held."""

    pairs: int
    schedules: int
    disconnects: bool = True

    def __str__(self) -> str:
        pairs = f"{self.pairs:,} {'pair' if self.pairs == 1 else 'pairs'}"
        gone = ", one disconnect at every step of each request" if self.disconnects else ", no disconnects"
        return f"{pairs}, {self.schedules:,} schedules, at most one preemption, every start order{gone}: 0 leaks"


@dataclass
class Search:
    """What stages explore with.

    Attributes:
        work: what clients do. schedules_max, until: budget, the latter on the monotonic clock; None for none.
        found_max: how many failures are looked for.
        stage: which is under way, and how far it is. cut: "" or where the budget was spent.
        coverage: operation -> what all judged histories exercised of it.
    """

    runner: Runner
    work: Programme | Operations
    seed: int
    schedules_max: int | None = None
    found_max: int = 1
    until: float | None = None
    schedules: int = 0
    stage: str = ""
    cut: str = ""
    found: dict[Identity, Found] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)
    coverage: dict[str, Coverage] = field(default_factory=dict)
    overlapped: bool = False
    _covered: set[int] = field(default_factory=set)

    def run(self, programme: Programme, strategy: Strategy, schedule: Schedule) -> Run:
        """Run one schedule. Raises `Enough` if the budget is spent, or with the last finding that was wanted."""
        if self.schedules_max is not None and self.schedules >= self.schedules_max:
            self.cut = f"{self.stage}: the budget of {self.schedules_max:,} schedules was spent before its end"
            raise Enough
        if self.until is not None and time.monotonic() >= self.until:
            self.cut = f"{self.stage}: the time was up before its end, after {self.schedules:,} schedules"
            raise Enough
        self.schedules += 1
        run = self.runner.run(programme, strategy, schedule)
        if run.verdict.outcome is not Outcome.HELD:
            self._note(run)
        self._cover(run)
        return run

    def pairs(self) -> Iterator[tuple[str, Programme]]:
        """The programmes that are gone through one by one."""
        stage = self.stage
        pairs = list(self.work.pairs()) if hasattr(self.work, "pairs") else [("the programme", self.work)]
        for number, pair in enumerate(pairs, 1):
            self.stage = f"{stage}, pair {number:,} of {len(pairs):,}" if len(pairs) > 1 else stage
            yield pair
        self.stage = stage

    def _note(self, run: Run) -> None:
        if run.verdict.outcome is Outcome.INCONCLUSIVE:
            for reason in run.verdict.reasons:
                self.reasons[reason] = None
            if run.uncontrolled:
                raise Enough  # it would be the same in all the others
            return
        for finding in run.verdict.findings:
            stage = self.stage.partition(",")[0]
            self.found.setdefault(finding.identity, Found(finding.identity, run, self.schedules, stage))
        if len(self.found) >= self.found_max:
            raise Enough

    def _cover(self, run: Run) -> None:
        judgement = run.judgement
        if judgement is None or id(judgement) in self._covered:
            return
        self._covered.add(id(judgement))
        for operation, covered in judgement.exercised.operations.items():
            self.coverage.setdefault(operation, Coverage()).add(covered)
        self.overlapped = self.overlapped or any(
            one.session != other.session and one.overlaps(other)
            for one in run.history.exchanges
            for other in run.history.exchanges
        )


class Stage(Protocol):
    """A part of a search."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def explore(self, search: Search) -> Guarantee | None:
        """Run its schedules. Answers what is guaranteed if nothing was found, None if nothing is."""
        ...
