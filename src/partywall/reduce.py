"""From a finding to the fewest requests, tenants and provocations that show it again.

Slices of the history are tried from small to large, each in tenants of its own; the first that shows a
finding of the same identity is made smaller by delta debugging (Zeller and Hildebrandt, "Simplifying and
Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002).
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from partywall import slices
from partywall.drive.replay import Replay, UnboundError, remint
from partywall.errors import Inconclusive
from partywall.ledger import Ledger
from partywall.marks import Marks
from partywall.oracle.judge import PROPERTIES
from partywall.shorten import shorter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.drive.replay import Trials
    from partywall.model import Exchange, Finding, History
    from partywall.program import Program
    from partywall.target import Target

SEQUENTIAL_TRIES, RACE_TRIALS, RACE_ATTEMPTS = 2, 3, 10
CONFIRM_SEQUENTIAL, CONFIRM_RACE = 3, 20
HANG_UPS_MS = (None, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What replaying may cost."""

    seconds: float = 30.0
    requests: int = 3_000


@dataclass(frozen=True, slots=True)
class Witness:
    """The smallest programme known to show a finding, and what came of it.

    Attributes:
        finding: as the run found it. shown: as a replay showed it, None if none did.
        history: the replay that showed it; without one, the run's.
        answers: number of a step -> what it got in that history.
        reproduced: how many of ``tries`` showed it. Never more than was seen: 0 of 0 means not tried.
        minimal: no step can be left out of it.
        common: distinctive values that are nobody's, though in this history they may seem to be.
        note: what else has to be known; "" if nothing.
    """

    finding: Finding
    program: Program
    history: History
    answers: dict[int, Exchange]
    shown: Finding | None = None
    reproduced: int = 0
    tries: int = 0
    minimal: bool = False
    note: str = ""
    common: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Purse:
    """What is left of a budget. A quarter of it is kept back for `confirming`."""

    budget: Budget
    requests: int = field(init=False)
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self.requests = self.budget.requests * 3 // 4
        self._until = time.monotonic() + self.budget.seconds * 0.75

    def confirming(self) -> None:
        """All of it may be spent now."""
        self.requests += self.budget.requests - self.budget.requests * 3 // 4
        self._until += self.budget.seconds * 0.25

    @property
    def empty(self) -> bool:
        """Is nothing left?"""
        return self.requests <= 0 or self._until <= time.monotonic()


@dataclass(frozen=True, slots=True)
class _Shown:
    """A replay that showed it, at which attempt of its trial, from 1."""

    program: Program
    finding: Finding
    history: History
    answers: dict[int, Exchange]
    attempt: int
    hang_up_ms: float | None


class _SpentError(Exception):
    """The budget is spent."""


def reduce(
    history: History, finding: Finding, trials: Trials, budget: Budget, hints: Sequence[Witness] = ()
) -> Witness:
    """The smallest witness of a finding that the budget allows. Replays are sent to the trials' target.

    Args:
        hints: witnesses of other findings. One leak has many symptoms, and they have the same programme.
    """
    return _Search(history, finding, trials, _Purse(budget), hints).witness()


def unreduced(history: History, finding: Finding, target: Target, note: str, tries: int = 0) -> Witness:
    """The witness of a finding that no replay has shown: the steps that are close to it, as recorded."""
    program = slices.program(history, target)
    program = program.keep(slices.close(history, finding))
    answers = {index: history.numbered[step.number] for index, step in enumerate(program.steps)}
    return Witness(finding, program.renamed(), history, answers, tries=tries, note=note)


class _Search:
    def __init__(
        self, history: History, finding: Finding, trials: Trials, purse: _Purse, hints: Sequence[Witness]
    ) -> None:
        self._history = history
        self._finding = finding
        self._trials = trials
        self._purse = purse
        self._hints = [w.program for w in hints if w.shown and _has(w.program, finding.operation)]
        self._policy = trials.target.policy
        self._vocabulary = slices.vocabulary(history, self._policy)
        # A client that hung up may leave its mark on the service for good.
        self._fresh = self._renewable and bool(slices.hang_ups(history, finding))
        self._attempts_max = RACE_ATTEMPTS
        self._hang_ups_ms = list(HANG_UPS_MS)
        self._tries = 0
        self._polluted = 0
        self._accepted: list[_Shown] = []
        self._refuted: set[Program] = set()

    def witness(self) -> Witness:
        note, minimal = "", False
        try:
            minimal = self._reduced()
            if not self._fresh and self._renewable and not (minimal and self._stands()):
                # It hung on what earlier trials had left in the service, or was hidden by it.
                self._fresh = True
                minimal = self._reduced()
        except _SpentError:
            note, minimal = "the budget for replays was spent before the witness was as small as it can be", False
        except Inconclusive as error:
            note, minimal = f"replaying ended early: {error}", False
        if not self._accepted:
            return self._not_shown(note)
        self._purse.confirming()
        return self._confirmed(note, minimal=minimal)

    def _reduced(self) -> bool:
        """Find a programme that shows it, and make it as small as can be; False if none shows it."""
        self._accepted.clear()
        self._refuted.clear()
        program = self._first()
        if program:
            program = self._simpler(self._smaller(self._fewer_tenants(program)))
            program = self._fewer_tenants(self._smaller(self._shorter(program)))
            self._smaller(program)
        return program is not None

    def _stands(self) -> bool:
        return self._shows(self._accepted[-1].program, fresh=True)

    def _first(self) -> Program | None:
        """The first slice that shows it, one request after another or as it was; before them, what showed
        another symptom."""
        for hint in self._hints:
            if self._shows(hint, tries=SEQUENTIAL_TRIES):
                return hint
        everything = slices.program(self._history, self._trials.target)
        for numbers in slices.from_small_to_large(self._history, self._finding):
            candidate = everything.keep(numbers)
            for program in (candidate.sequential().patient(), candidate):
                if self._shows(program, tries=SEQUENTIAL_TRIES):
                    return program
        return None

    def _simpler(self, program: Program) -> Program:
        """Without the provocations that it doesn't need."""
        for number in [step.number for step in program.steps if step.hang_up_ms is not None]:
            program = self._if_shows(program.patient({number}), program)
        for group in dict.fromkeys(step.group for step in program.steps if step.group is not None):
            program = self._if_shows(program.sequential({group}), program)
        return program

    def _shorter(self, program: Program) -> Program:
        """Without the members of lists that it doesn't need: ids keep the steps in that made them."""
        while found := next((each for each in shorter(program) if self._shows(each)), None):
            program = found
        return program

    def _smaller(self, program: Program) -> Program:
        """Without the steps that it doesn't need: afterwards no single one can go."""
        size = max(1, len(program.steps) // 2)
        while True:
            before, end = program, len(program.steps)
            while end > 0:
                numbers = {step.number for step in program.steps[max(0, end - size) : end]}
                smaller = program.without(numbers)
                if _has(smaller, self._finding.operation):
                    program = self._if_shows(smaller, program)
                end = min(end - size, len(program.steps))
            if size == 1 and program == before:
                return program
            size = max(1, size // 2)

    def _fewer_tenants(self, program: Program) -> Program:
        """With the parts of bystanders played by those whom it is about."""
        marks = Marks(self._history.key)
        about = (self._finding.owner, self._finding.viewer)
        parties = [role.name for role in program.roles if role.label in about]
        others = [role.name for role in program.roles if role.name not in parties]
        if others:
            alone = program.without({step.number for step in program.steps if step.role in others})
            program = self._if_shows(alone, program) if _has(alone, self._finding.operation) else program
        for role in [role.name for role in program.roles if role.name in others]:
            for party in parties:
                fewer = program.cast(role, party, lambda text, numbers: remint(text, numbers, marks))
                if self._if_shows(fewer, program) is fewer:
                    program = fewer
                    break
        return program

    def _if_shows(self, candidate: Program, instead: Program) -> Program:
        return candidate if candidate != instead and self._shows(candidate) else instead

    def _shows(self, program: Program, tries: int = 1, *, fresh: bool = False) -> bool:
        """Does a replay show it? Races get more tries, and fewer where earlier ones showed it at once."""
        if program in self._refuted:
            return False
        trials = RACE_TRIALS if program.racy else tries
        attempts = self._attempts_max if program.racy else 1
        if self._fresh:
            # To start a service costs more than to try again in it.
            trials, attempts = 1, attempts * (2 if program.racy else 1)
        for _ in range(trials):
            if shown := self._trial(program, attempts, stop=1, fresh=fresh)[0]:
                self._accepted += shown
                if program.racy:
                    self._attempts_max = min(RACE_ATTEMPTS, max(len(HANG_UPS_MS), 4 * shown[0].attempt))
                    self._hang_ups_ms.remove(shown[0].hang_up_ms)
                    self._hang_ups_ms.insert(0, shown[0].hang_up_ms)
                return True
        self._refuted.add(program)
        return False

    def _trial(self, program: Program, attempts: int, *, stop: int, fresh: bool) -> tuple[list[_Shown], int]:
        """What so many attempts in new tenants show, and how many were made; ends early after ``stop`` that show
        it. From the first time that leftovers of other trials show, every trial gets a fresh service."""
        polluted = self._polluted
        found, made = self._once(program, attempts, stop=stop, fresh=fresh or self._fresh)
        if not found and self._polluted > polluted and not fresh and not self._fresh and self._renewable:
            self._fresh = True
            found, made = self._once(program, attempts, stop=stop, fresh=True)
        return found, made

    def _once(self, program: Program, attempts: int, *, stop: int, fresh: bool) -> tuple[list[_Shown], int]:
        if self._purse.empty:
            raise _SpentError
        found: list[_Shown] = []
        made = 0
        with self._trials.open(len(program.roles), fresh=fresh) as trial:
            replay = Replay(program, trial)
            while made < attempts and len(found) < stop and not (made and self._purse.empty):
                hang_up_ms = self._hang_ups_ms[made % len(HANG_UPS_MS)]
                before = len(trial.history.exchanges)
                with contextlib.suppress(UnboundError):
                    replay.attempt(first=program.tail if made else 0, hang_up_ms=hang_up_ms)
                made += 1
                history = trial.history
                self._purse.requests -= len(history.exchanges) - before
                if finding := self._found(history, before):
                    found.append(_Shown(program, finding, history, dict(replay.answers), made, hang_up_ms))
        self._tries += made
        return found, made

    def _found(self, history: History, since: int) -> Finding | None:
        """A finding of the same identity in what was exchanged since, about tenants of this history alone: what
        other trials left behind in the service says nothing of this programme."""
        known_owner = self._finding.owner in {tenant.label for tenant in self._history.tenants}
        labels = {tenant.label for tenant in history.tenants}
        ledger = Ledger.of(history, self._policy)
        displaced = self._displaced(ledger, since)
        self._polluted += displaced
        for finding in PROPERTIES[self._finding.property](ledger):
            if finding.exchange < since or finding.identity != self._finding.identity:
                continue
            strange = (known_owner and finding.owner not in labels) or (displaced and finding.kind == "missing")
            if not strange and finding.value.lower() not in self._vocabulary:
                return finding
        return None

    def _displaced(self, ledger: Ledger, since: int) -> bool:
        """Do responses show what another trial left behind, perhaps in the place of this one's own?"""
        texts = (
            text.text.encode()
            for exchange in ledger.history.exchanges[since:]
            if exchange.operation == self._finding.operation
            for text in ledger.decoded(exchange).texts
        )
        marks = (mark for text in texts for mark in ledger.marks.find(text))
        return any(mark.genuine and mark.tenant not in ledger.history.by_number for mark in marks)

    def _confirmed(self, note: str, *, minimal: bool) -> Witness:
        """The smallest witness that shows it again; a larger one where a smaller was luck."""
        back, again, tries = 1, list[_Shown](), 0
        shown = self._accepted[-1]
        try:
            while not again and back <= len(self._accepted):
                shown = self._accepted[-back]
                again, tries = self._again(shown.program)
                minimal = minimal and (back == 1 or not again)
                back *= 2
        except Inconclusive as error:
            note = note or f"replaying ended early: {error}"
        if again:
            return self._witness(again[0], len(again), tries, note, minimal=minimal)
        if tries:
            note = f"a replay showed it while it was reduced, none of {tries} further attempts did"
            return self._witness(self._accepted[-1], 0, tries, note, minimal=False)
        note = note or "the budget for replays was spent before it was confirmed"
        return self._witness(shown, 1, shown.attempt, note, minimal=minimal)

    def _again(self, program: Program) -> tuple[list[_Shown], int]:
        """What further attempts show, and how many they were; the first in a fresh service, if there can be one."""
        again: list[_Shown] = []
        tries = 0
        wanted = CONFIRM_RACE if program.racy else CONFIRM_SEQUENTIAL
        while tries < wanted and not self._purse.empty:
            attempts = min(RACE_ATTEMPTS if program.racy else 1, wanted - tries)
            found, made = self._trial(program, attempts, stop=attempts, fresh=not tries)
            again += found
            tries += made
            if not again and not program.racy:
                break
        return again, tries

    def _witness(self, shown: _Shown, reproduced: int, tries: int, note: str, *, minimal: bool) -> Witness:
        program = shown.program.hanging_up(shown.hang_up_ms) if shown.hang_up_ms else shown.program
        numbers = {step.number: index for index, step in enumerate(program.steps)}
        return Witness(
            finding=self._finding,
            program=program.renamed(),
            history=shown.history,
            answers={numbers[number]: exchange for number, exchange in shown.answers.items()},
            shown=shown.finding,
            reproduced=reproduced,
            tries=tries,
            minimal=minimal,
            note=note,
            common=frozenset(self._vocabulary),
        )

    def _not_shown(self, note: str) -> Witness:
        if self._fresh:
            note = note or "it did not show in a fresh service, only where other trials had left something"
        elif self._polluted:
            note = (
                f"{self._polluted} times a replay showed what tenants of other trials had left in the service, "
                "which hides whether it would show its own; replay it on a fresh service"
            )
        return unreduced(self._history, self._finding, self._trials.target, note, self._tries)

    @property
    def _renewable(self) -> bool:
        return self._trials.target.fresh is not None


def _has(program: Program, operation: str) -> bool:
    return any(step.operation == operation for step in program.steps)
