"""From a finding to the fewest requests, tenants and provocations that show it again.

Slices of the history are tried from small to large, each in tenants of its own; the first that shows a
finding of the same identity is made smaller by delta debugging (Zeller and Hildebrandt, "Simplifying and
Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from partywall.drive.replay import remint
from partywall.errors import Inconclusive
from partywall.marks import Marks
from partywall.model import UNKNOWN
from partywall.oracle.noninterference import PROPERTY as TWINS
from partywall.program import Account, Answered
from partywall.reduction import slices
from partywall.reduction.cause import AMBIENT_STATE, POOL_DESYNC, explained
from partywall.reduction.reproduce import SEQUENTIAL_TRIES, Budget, Rate, Reproducer, SpentError
from partywall.reduction.shorten import shorter
from partywall.reduction.twinned import TWIN, Twinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from partywall.drive.replay import Trials
    from partywall.model import Exchange, Experiment, Finding, History
    from partywall.policy import Policy
    from partywall.program import Bound, Program, Step
    from partywall.reduction.reproduce import Shown
    from partywall.target import Target

__all__ = ["Budget", "Witness", "reduce", "unreduced"]

SPENT = "the budget for replays was spent before the witness was as small as it can be"
CONFIRM_SEQUENTIAL, CONFIRM_RACE = 3, 20
ANYWHERE = frozenset({AMBIENT_STATE, POOL_DESYNC})
"""Causes that mix up whatever is asked: what another look shows in the same programme is the same leak."""


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
        experiments: which say the cause in both findings.
        symptom_of: id of the finding whose leak this shows too, "" if it stands by itself.
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
    experiments: tuple[Experiment, ...] = ()
    symptom_of: str = ""

    def explained(self, cause: str, experiments: tuple[Experiment, ...]) -> Witness:
        """A copy whose findings have this cause."""
        shown = replace(self.shown, cause=cause) if self.shown else None
        return replace(self, finding=replace(self.finding, cause=cause), shown=shown, experiments=experiments)


def reduce(
    history: History, finding: Finding, trials: Trials, budget: Budget, hints: Sequence[Witness] = ()
) -> Witness:
    """The smallest witness of a finding that the budget allows. Replays are sent to the trials' target.

    Args:
        hints: witnesses of other findings. One leak has many symptoms, which have the same programme or differ in
            what is asked last. What the same programme shows is not reduced or explained again.
    """
    return _Search(history, finding, Reproducer(history, finding, trials, budget), hints).witness()


def unreduced(history: History, finding: Finding, target: Target, note: str) -> Witness:
    """The witness of a finding that no replay has shown: what it seems to stand on, as recorded."""
    return _as_recorded(slices.program(history, finding, target), history, finding, target.policy, note, tries=0)


def _as_recorded(
    everything: Program, history: History, finding: Finding, policy: Policy, note: str, tries: int
) -> Witness:
    program, recorded = everything.keep(slices.as_recorded(history, finding, policy)), history.numbered
    if twinned := Twinned.of(history, finding, policy):
        program, recorded = twinned.program(program), recorded | twinned.alone
    answers = {index: recorded[step.number] for index, step in enumerate(program.steps)}
    return Witness(finding, program.renamed(), history, answers, tries=tries, note=note)


class _Search:
    def __init__(self, history: History, finding: Finding, reproducer: Reproducer, hints: Sequence[Witness]) -> None:
        self._history = history
        self._finding = finding
        self._reproducer = reproducer
        policy = reproducer.trials.target.policy
        self._everything = slices.program(history, finding, reproducer.trials.target)
        shown = [witness for witness in hints if witness.shown and not witness.symptom_of]
        if finding.property == TWINS:
            shown = []  # what has no twin in it shows none of that
        same = [(self._looked_for(w.program), w) for w in shown if _has(w.program, finding.operation)]
        least, _ = next(slices.from_small_to_large(history, finding, policy))
        core = self._everything.keep(least)
        mixed_up = [witness for witness in shown if witness.finding.cause in (*ANYWHERE, UNKNOWN)]
        looking = [(program, w) for w in mixed_up for program in _looking(w, core, finding.exchange)]
        self._hints = [*same, *looking]
        self._alike = [*same, *((program, w) for program, w in looking if w.finding.cause in ANYWHERE)]
        self._in_used_only = False

    def witness(self) -> Witness:
        note, minimal = "", False
        try:
            if symptom := self._symptom():
                return symptom
            program = self._first()
            if not self._reproducer.fresh and self._reproducer.renewable and not (program and self._stands(program)):
                # It hangs on what earlier trials left in the service, or is hidden by it.
                self._in_used_only = program is not None
                self._reproducer.renew()
                program = self._first()
            if program:
                self._reduce(program)
                minimal = True
        except SpentError:
            note = SPENT
        except Inconclusive as error:
            note = f"replaying ended early: {error}"
        if not self._reproducer.shown:
            return self._not_shown(note)
        return self._confirmed(note, minimal=minimal)

    def _looked_for(self, program: Program) -> Program:
        """Another finding's programme, in which what is missing may be that of any look of its operation."""
        if self._finding.kind != "missing":
            return program
        return program.having([replace(s, missed=s.operation == self._finding.operation) for s in program.steps])

    def _symptom(self) -> Witness | None:
        """The witness of another finding, if it shows this one too, for the same reason: not without the race."""
        for program, witness in self._alike:
            patient = program.sequential().patient()
            if self._shows(program, tries=SEQUENTIAL_TRIES) and not (program.racy and self._shows(patient)):
                wanted = CONFIRM_RACE if program.racy else CONFIRM_SEQUENTIAL
                if again := self._reproducer.again(program, wanted):
                    found = replace(self._witness(again[0], "", minimal=False), symptom_of=witness.finding.id)
                    return found.explained(witness.finding.cause, ())
        return None

    def _first(self) -> Program | None:
        """The first slice that shows it, one request after another or as it was; before them, what showed
        another symptom."""
        candidates = itertools.chain((program for program, _ in self._hints), self._slices())
        return next((each for each in candidates if self._shows(each, tries=SEQUENTIAL_TRIES)), None)

    def _slices(self) -> Iterator[Program]:
        """Slices from small to large, each one request after another and as it was."""
        policy = self._reproducer.trials.target.policy
        for numbers, met in slices.from_small_to_large(self._history, self._finding, policy):
            candidate = self._everything.keep(numbers)
            yield candidate.sequential().patient().unslowed()
            yield candidate.together(met) if met else candidate

    def _stands(self, program: Program) -> bool:
        return self._shows(program, fresh=True)

    def _reduce(self, program: Program) -> None:
        """Make it as small as can be."""
        program = self._simpler(self._smaller(self._fewer_tenants(program)))
        program = self._fewer_tenants(self._smaller(self._shorter(program)))
        self._smaller(program)

    def _simpler(self, program: Program) -> Program:
        """Without the provocations that it doesn't need."""
        for number in [step.number for step in program.steps if step.hang_up_ms is not None]:
            program = self._if_shows(program.patient({number}), program)
        for group in dict.fromkeys(step.group for step in program.steps if step.group is not None):
            program = self._if_shows(program.sequential({group}), program)
        return self._if_shows(program.unslowed(), program)

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
                program = self._if_shows(program.without(numbers), program)
                end = min(end - size, len(program.steps))
            if size == 1 and program == before:
                return program
            size = max(1, size // 2)

    def _fewer_tenants(self, program: Program) -> Program:
        """With the parts of bystanders left out, or played by those whom it is about."""
        marks = Marks(self._history.key)
        about = (self._finding.owner, self._finding.viewer)
        parties = [role.name for role in program.roles if role.label in about]
        others = [role.name for role in program.roles if role.name not in parties]
        if others:
            theirs = {step.number for step in program.steps if step.role in others}
            program = self._if_shows(program.without(theirs), program)
        if self._finding.property == TWINS:  # what a tenant does itself is nobody's influence
            for role in others:
                program = self._if_shows(program.labelled({role}, TWIN), program)
            return program
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
        return _has(program, self._finding.operation) and self._reproducer.shows(program, tries, fresh=fresh)

    def _confirmed(self, note: str, *, minimal: bool) -> Witness:
        """The smallest witness that shows it again; a larger one where a smaller was luck."""
        self._reproducer.purse.opened()
        found, back = self._reproducer.shown, 1
        shown = found[-1]
        try:
            while back <= len(found):
                shown = found[-back]
                wanted = CONFIRM_RACE if shown.program.racy else CONFIRM_SEQUENTIAL
                if again := self._reproducer.again(shown.program, wanted):
                    witness = self._witness(again[0], note, minimal=minimal and back == 1)
                    cause, experiments = explained(again[0], self._everything, self._reproducer)
                    return witness.explained(cause, experiments)
                if self._reproducer.purse.empty():
                    note = note or "the budget for replays was spent before it was confirmed"
                    break
                back *= 2
            else:
                note = "a replay showed it while it was reduced, none of the further attempts did"
        except Inconclusive as error:
            note = note or f"replaying ended early: {error}"
        return self._witness(shown, note, minimal=False)

    def _witness(self, shown: Shown, note: str, *, minimal: bool) -> Witness:
        program = shown.ran if shown.hang_up_ms is None else shown.ran.hanging_up(shown.hang_up_ms)
        numbers = {step.number: index for index, step in enumerate(program.steps)}
        rate = self._reproducer.rates.get(shown.program, Rate())
        return Witness(
            finding=self._finding,
            program=program.renamed(),
            history=shown.history,
            answers={numbers[number]: exchange for number, exchange in shown.answers.items()},
            shown=shown.finding,
            reproduced=rate.shown,
            tries=rate.tries,
            minimal=minimal,
            note=note,
            common=frozenset(self._reproducer.common),
        )

    def _not_shown(self, note: str) -> Witness:
        if self._in_used_only:
            note = note or "it did not show in a fresh service, only where other trials had left something"
        elif self._reproducer.fresh:
            note = note or "no replay of what the run did showed it, in a fresh service"
        elif self._reproducer.leftovers:
            note = (
                f"{self._reproducer.leftovers} times a replay met what tenants of other trials had left in the "
                "service, which hides whether it would show its own; replay it on a fresh service"
            )
        if lost := slices.not_brought_back(self._history, self._finding, self._reproducer.trials.target):
            note = "; ".join(filter(None, [note, f"replays do not do what was done when it showed: {', '.join(lost)}"]))
        policy = self._reproducer.trials.target.policy
        return _as_recorded(self._everything, self._history, self._finding, policy, note, self._reproducer.tries)


def _looking(witness: Witness, core: Program, exchange: int) -> Iterator[Program]:
    """A witness' programme with another look in the place of its own, then also with what that look stands on before
    it all. Who looks plays whoever looked there, and the other one the other.

    Args:
        core: that look, of an exchange of this number, and what it stands on.
    """
    shown_by = witness.shown.exchange if witness.shown else None
    number = next((n for n, exchange in witness.answers.items() if exchange.number == shown_by), None)
    if number is None or any(number in step.needs for step in witness.program.steps):
        return
    look, before, roles = core.step(exchange), witness.program.step(number), witness.program.roles
    cast = [next(role for role in roles if role.name == before.role)]
    cast += [role for role in roles if role.name != before.role]
    played = sorted(core.roles, key=lambda role: role.name != look.role)
    if len(played) > len(cast):
        return
    players = {role.name: player for role, player in zip(played, cast, strict=False)}
    tenants = {role.tenant: players[role.name].tenant for role in played}
    marks = Marks(witness.history.key)
    shift = 1 + max(step.number for step in core.steps)

    def rebound(bound: Bound) -> Bound:
        match bound.source:
            case Answered(step, place):
                return replace(bound, source=Answered(step - shift, place))
            case Account(role):
                return replace(bound, source=Account(players[role].name))

    def recast(step: Step) -> Step:
        step = replace(step, role=players[step.role].name, number=step.number - shift, group=None, hang_up_ms=None)
        return step.edited(text=lambda text: remint(text, tenants, marks), bound=rebound)

    asked = replace(
        recast(look), number=number, session=before.session, group=before.group, hang_up_ms=before.hang_up_ms
    )
    looking = [asked if step is before else step for step in witness.program.steps]
    if not look.needs and before.operation != look.operation:
        yield witness.program.having(looking)
    yield witness.program.having([*(recast(step) for step in core.steps if step is not look), *looking])


def _has(program: Program, operation: str) -> bool:
    return any(step.operation == operation for step in program.steps)
