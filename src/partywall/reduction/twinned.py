"""Replays of what company changes: one service, in which a twin runs the tenant's programme before anybody else comes.

The run had instances of the service where a twin was alone; a replay has one. There the twin goes first, and then is
company: whoever runs the same programme later has to be answered the same, up to a renaming of ids.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from partywall.drive.replay import remint
from partywall.marks import Marks
from partywall.oracle.noninterference import PROPERTY, influences, natural
from partywall.program import Account, Answered, Bound, Program, Role, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Finding, History, Twins
    from partywall.policy import Policy

TWIN = "twin"
_INDEX = re.compile(r"/\d+(?=/|$)")


class Twinned:
    """What it takes to replay an influence that a run found with twins.

    Attributes:
        alone: number of a twin's step -> what a twin was answered in the run, where nobody else was.
    """

    def __init__(self, history: History, twins: Twins, finding: Finding, policy: Policy) -> None:
        alone = twins.alone[0]
        self._label = history.by_number[twins.tenant].label
        self._tenant = twins.tenant
        self._twin = next(tenant for tenant in alone.tenants if not tenant.control)
        self._before = 1 + history.exchanges[-1].number
        own = [each.number - self._before for each in history.exchanges if each.session == f"{self._label}/0"]
        self.alone = dict(
            zip(own, (each for each in alone.exchanges if each.session == f"{self._twin.label}/0"), strict=False)
        )
        self._marks = Marks(history.key)
        self._policy = policy
        self._masks = natural(history, policy)
        self._where = _where(finding)

    @classmethod
    def of(cls, history: History, finding: Finding, policy: Policy) -> Twinned | None:
        """The same, if that is what the finding is."""
        twins = history.twins if finding.property == PROPERTY else None
        return cls(history, twins, finding, policy) if twins else None

    def program(self, program: Program) -> Program:
        """A programme with all that the tenant does in its first session done by a twin before, who then also plays the
        roles that are labelled so, in sessions of its own."""
        role = next((role for role in program.roles if role.label == self._label), None)
        if role is None:
            return program
        before = [self._twins(step, role) for step in program.steps if (step.role, step.session) == (role.name, 0)]
        twin = Role(TWIN, self._twin.number, self._twin.name, TWIN)
        doubled = Program((twin, *program.roles), (*before, *program.steps))
        for other in [each.name for each in program.roles if each.label == TWIN]:
            doubled = doubled.cast(other, TWIN, lambda text, numbers: remint(text, numbers, self._marks))
        return doubled

    def findings(self, history: History, program: Program) -> Iterator[Finding]:
        """What a replay of such a programme shows of the influence, at the place where the run did."""
        players = dict(zip((role.label for role in program.roles), history.tenants, strict=False))
        if TWIN in players and self._label in players:
            before, after = players[TWIN].number, players[self._label].number
            for finding in influences(history, self._policy, before, after, self._masks):
                if _where(finding) == self._where:
                    yield finding

    def _twins(self, step: Step, role: Role) -> Step:
        numbers = {self._tenant: self._twin.number}

        def rebound(bound: Bound) -> Bound:
            match bound.source:
                case Answered(number, place):
                    return replace(bound, source=Answered(number - self._before, place))
                case Account(name):
                    return replace(bound, source=Account(TWIN)) if name == role.name else bound

        copy = step.edited(text=lambda text: remint(text, numbers, self._marks), bound=rebound)
        return replace(copy, number=step.number - self._before, role=TWIN, group=None, hang_up_ms=None)


def _where(finding: Finding) -> tuple[str, str, tuple[str, ...]]:
    return finding.surface, _INDEX.sub("/*", finding.place), finding.chain
