"""Does a programme show a finding again? Asked of the service, in tenants of its own, within a budget."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from partywall.drive.replay import Replay, UnboundError
from partywall.ledger import Ledger
from partywall.oracle.judge import PROPERTIES, granted
from partywall.reduction import slices
from partywall.reduction.twinned import Twinned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from partywall.drive.replay import Trials
    from partywall.model import Exchange, Finding, History
    from partywall.program import Program
    from partywall.target import Target

SEQUENTIAL_TRIES, RACE_TRIALS, RACE_ATTEMPTS = 2, 3, 10
HANG_UPS_MS = (None, 1.0, 2.0, 4.0, 8.0)
LOOKS = 3


class Service(Protocol):
    """Lends the service that replays are sent to."""

    def __call__(self, *, fresh: bool = False) -> AbstractContextManager[Target]:
        """The one at hand, or if asked for and possible an instance in which nothing has happened yet."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """What replaying may cost."""

    seconds: float = 90.0
    requests: int = 12_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A replay that showed it: the finding, and what the steps got (number of a step -> exchange).

    Attributes:
        program: what was asked for. ran: what was run for it, whose steps the answers are of.
        hang_up_ms: after how long clients hung up; None if as the programme says.
    """

    program: Program
    ran: Program
    finding: Finding
    history: History
    answers: dict[int, Exchange]
    hang_up_ms: float | None


@dataclass(slots=True)
class Rate:
    """How many attempts showed it, of how many."""

    shown: int = 0
    tries: int = 0


class SpentError(Exception):
    """The budget is spent."""


@dataclass(slots=True)
class Purse:
    """What is left of a budget. A quarter of it is kept back, until it is `opened`."""

    budget: Budget
    requests: int = field(init=False)
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self.requests = self.budget.requests * 3 // 4
        self._until = time.monotonic() + self.budget.seconds * 0.75

    def opened(self) -> None:
        """All of it may be spent now."""
        self.requests += self.budget.requests - self.budget.requests * 3 // 4
        self._until += self.budget.seconds * 0.25

    def empty(self) -> bool:
        """Is nothing left?"""
        return self.requests <= 0 or self._until <= time.monotonic()


class Reproducer:
    """Runs programmes and looks for one finding of a history in what comes.

    Attributes:
        fresh: every trial gets a service in which nothing has happened yet.
        shown: the replays that answered `shows` with yes, in order.
        rates: programme -> how often it showed, in the services that are used now.
        tries: attempts made in all. leftovers: how many met what other trials had left in the service.
        common: distinctive values that are nobody's, though in a short history they may seem to be.
    """

    def __init__(self, history: History, finding: Finding, trials: Trials, budget: Budget) -> None:
        self.purse = Purse(budget)
        self.trials = trials
        self.renewable = trials.target.fresh is not None
        # A client that hung up may leave its mark on the service for good.
        self.fresh = self.renewable and (trials.dirty or bool(slices.hang_ups(history, finding)))
        self.shown: list[Shown] = []
        self.answers: dict[int, Exchange] = {}
        self.rates: dict[Program, Rate] = {}
        self.tries = 0
        self.leftovers = 0
        self.common = slices.vocabulary(history, trials.target.policy)
        self._finding = finding
        self._twinned = Twinned.of(history, finding, trials.target.policy)
        self._owner_known = finding.owner in {tenant.label for tenant in history.tenants}
        self._attempts_max = RACE_ATTEMPTS
        self._hang_ups_ms = list(HANG_UPS_MS)
        self._refuted: set[Program] = set()
        self._service: Service = trials.service

    @contextlib.contextmanager
    def elsewhere(self, service: Service) -> Iterator[None]:
        """Meanwhile replays are sent to another service, where they have rates of their own."""
        before = self._service, self.rates
        self._service, self.rates = service, {}
        try:
            yield
        finally:
            self._service, self.rates = before

    def renew(self) -> None:
        """From now on every trial gets a fresh service; what was seen before says nothing any more."""
        self.fresh = self.trials.dirty = True
        self.shown.clear()
        self.rates.clear()
        self._refuted.clear()

    def shows(self, program: Program, tries: int = 1, *, fresh: bool = False) -> bool:
        """Does a replay show it? Races get more tries, and fewer where earlier ones showed it at once. What was
        once answered with no is not tried again.

        Raises:
            SpentError: the budget does not allow for an answer.
            Inconclusive: the service could not be asked.
        """
        if program in self._refuted:
            return False
        trials, attempts = (RACE_TRIALS, self._attempts_max) if program.racy else (tries, 1)
        if self.fresh:
            # To start a service costs more than to try again in it.
            trials, attempts = 1, attempts * (2 if program.racy else 1)
        for _ in range(trials):
            if shown := self._trial(program, attempts, stop=1, fresh=fresh):
                self.shown += shown
                if program.racy:
                    tried = self.rates[program].tries
                    self._attempts_max = min(RACE_ATTEMPTS, max(len(HANG_UPS_MS), 4 * tried))
                    self._hang_ups_ms.remove(shown[0].hang_up_ms)
                    self._hang_ups_ms.insert(0, shown[0].hang_up_ms)
                return True
        self._refuted.add(program)
        return False

    def again(self, program: Program, wanted: int, *, fresh: bool = True) -> list[Shown]:
        """What further attempts show, up to so many attempts in all, the first in a fresh service if that is asked for
        and there can be one; ends early when the budget is spent."""
        again: list[Shown] = []
        first = True
        rate = self.rates.setdefault(program, Rate())
        with contextlib.suppress(SpentError):
            while first or rate.tries < wanted:
                attempts = max(1, min(RACE_ATTEMPTS, wanted - rate.tries)) if program.racy else 1
                again += self._trial(program, attempts, stop=attempts, fresh=fresh and first)
                first = False
                if not again and not program.racy:
                    break
        return again

    def _trial(self, program: Program, attempts: int, *, stop: int, fresh: bool) -> list[Shown]:
        """What so many attempts in new tenants show; ends early after ``stop`` that show it. An attempt that met
        leftovers does not count where a fresh service can be had."""
        leftovers, rate = self.leftovers, self.rates.get(program, Rate())
        before = Rate(rate.shown, rate.tries)
        found = self._attempts(program, attempts, stop=stop, fresh=fresh or self.fresh)
        if not found and self.leftovers > leftovers and self.renewable and not (fresh or self.fresh):
            self.trials.dirty = self.fresh = True
            self.rates[program] = before
            found = self._attempts(program, attempts, stop=stop, fresh=True)
        return found

    def _attempts(self, program: Program, attempts: int, *, stop: int, fresh: bool) -> list[Shown]:
        """Attempts in one service, in the same tenants as far as they can be repeated there; at least one, since what
        its start has cost is spent already."""
        if self.purse.empty():
            raise SpentError
        found: list[Shown] = []
        rate = self.rates.setdefault(program, Rate())
        before = rate.tries
        runs = self._twinned.program(program) if self._twinned else program
        # What a twin was answered before the others came can't be had a second time.
        tail = None if self._twinned else program.tail
        with self._service(fresh=fresh) as target:
            while rate.tries - before < attempts and len(found) < stop:
                if self.purse.empty() and rate.tries > before:
                    break
                with self.trials.trial(target, len(runs.roles)) as trial:
                    replay = Replay(runs, trial)
                    for attempt in range(1 if tail is None else attempts):
                        first = tail if attempt and tail else 0
                        hang_up_ms = self._hang_ups_ms[attempt % len(HANG_UPS_MS)]
                        looks = 1 + (attempt % LOOKS if runs.looks_after_hang_up else 0)
                        shown = self._attempt(program, replay, first, hang_up_ms, looks)
                        rate.tries += 1
                        rate.shown += shown is not None
                        found += [shown] if shown else []
                        if len(found) == stop or self.purse.empty():
                            break
        self.tries += rate.tries - before
        return found

    def _attempt(
        self, program: Program, replay: Replay, first: int, hang_up_ms: float | None, looks: int
    ) -> Shown | None:
        self.answers = replay.answers
        for _ in range(looks):
            before = len(replay.trial.history.exchanges)
            with contextlib.suppress(UnboundError):
                replay.attempt(first=first, hang_up_ms=hang_up_ms)
            history = replay.trial.history
            self.purse.requests -= len(history.exchanges) - before
            if finding := self._found(history, replay.program, before):
                return Shown(program, replay.program, finding, history, dict(replay.answers), hang_up_ms)
            first = len(replay.program.steps) - 1
        return None

    def _found(self, history: History, ran: Program, since: int) -> Finding | None:
        """A finding of the same identity in what was exchanged since, about tenants of this history alone: what
        other trials left behind in the service says nothing of this programme."""
        labels = {tenant.label for tenant in history.tenants}
        ledger = Ledger.of(history, self.trials.target.policy)
        displaced = self._displaced(ledger, since)
        self.leftovers += displaced
        found = self._twinned.findings(history, ran) if self._twinned else PROPERTIES[self._finding.property](ledger)
        for finding in found:
            if finding.exchange < since or finding.identity != self._finding.identity:
                continue
            if granted(finding, self.trials.target.policy):
                continue
            strange = self._owner_known and finding.owner not in labels
            if finding.kind == "missing":  # when it was asked for the last time, with everything in its place
                strange |= displaced or finding.exchange not in {e.number for e in self.answers.values()}
            if not strange and finding.value.lower() not in self.common:
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
