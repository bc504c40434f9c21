"""What a test gets: trials whose tenants, seeds and marks come from the test, not from the worker."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from partywall.drive.trial import Trial, violation
from partywall.drive.twins import ROUNDS_MAX, in_company
from partywall.errors import Inconclusive, UsageError, Violation
from partywall.events import Exchanged, TrialJudged, TrialOpened, Twinned
from partywall.grid import Rule
from partywall.model import Twins

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from partywall.config import Config
    from partywall.events import Subscriber
    from partywall.model import Exchange, History, Tenant
    from partywall.oracle.judge import Judgement
    from partywall.target import Target

STRICT = Rule()
TENANTS_PER_TEST = 2**20
GIVEN_TENANTS = 2**35 - 2**21
"""Tenants that are the same in all trials have the same numbers, so that what they left behind is known as theirs."""


class Isolation:
    """Opens trials against a target for one test.

    The n-th tenant of a test has the same number in every run with the same seed, alone or in a suite,
    in whichever worker.

    Attributes:
        violation: of the last trial, if something was found there.
    """

    def __init__(self, target: Target, config: Config, test: str, emit: Subscriber, rule: Rule = STRICT) -> None:
        self.target = target
        self._rule = rule
        self._config = config
        self._test = test
        self._emit = emit
        self._tenants = 0
        self._trials = 0
        self.violation: Violation | None = None

    def trial(self, tenants: int = 2) -> Trial:
        """New tenants in the target, and a control tenant. Use as a context manager.

        After a trial that was violated it raises that violation again: a leak can stay in the service, and what a
        further trial met would not be what that trial provoked.
        """
        if not 2 <= tenants <= TENANTS_PER_TEST - self._tenants:
            raise UsageError(f"a trial takes 2 or more tenants; came {tenants}. Pass tenants=2.")
        return self._open(self.target, tenants)[1]

    def twins(
        self,
        programme: Callable[[Trial, Tenant], None],
        company: Callable[[Trial], None],
        tenants: int = 4,
        *,
        alone: Callable[[], AbstractContextManager[Target]] | None = None,
        rounds: int = ROUNDS_MAX,
    ) -> None:
        """Noninterference: the programme's answers in company are those that it gets where nobody else is.

        Args:
            programme: what each twin does in its first session, by its answers alone. Anything random in it has
                to be drawn before.
            company: what all others of the trial (``tenants[1:]``) do, once before the programme and over and
                over while it runs, ``rounds`` times at most.
            alone: gives a target in which nobody else has anything; by default `Target.fresh`.

        Raises:
            Violation, Inconclusive: as a trial does.
        """
        if (alone := alone or self.target.fresh) is None:
            raise Inconclusive("twins need a target that can be started afresh: expected Target.fresh, came None")
        before = self._alone(programme, alone)
        name, trial = self._open(self.target, tenants)
        with trial:
            error = None
            try:
                in_company(trial, programme, company, rounds)
            except Inconclusive as failed:  # company may be the reason, and then the answers until now say so
                error = failed
            after = self._alone(programme, alone)
            trial.twins = Twins(trial.tenants[0].number, (before[1], after[1]))
            self._emit(Twinned(name, trial.twins.tenant, (before[0], after[0])))
            if error is not None:
                raise error

    def _alone(
        self, programme: Callable[[Trial, Tenant], None], alone: Callable[[], AbstractContextManager[Target]]
    ) -> tuple[str, History]:
        with alone() as target:
            name, trial = self._open(target, 1)
            with trial:
                programme(trial, trial.tenants[0])
            return name, trial.history

    def _open(self, target: Target, tenants: int) -> tuple[str, Trial]:
        if self.violation is not None:
            raise self.violation
        name = f"{self._test}/{self._trials}"
        trial = Trial(
            target,
            self._config.key,
            GIVEN_TENANTS if target.given else first_tenant(self._test) + self._tenants,
            tenants,
            timeout_s=self._config.timeout_s,
            heard=self._heard(name),
            judged=self._judged(name),
            refuses=self._rule.refuses_finding,
        )
        self._emit(TrialOpened(name, self._test, target.policy, trial.everyone, trial.history.accounts))
        self._trials += 1
        self._tenants += tenants + 1
        return name, trial

    def _heard(self, trial: str) -> Callable[[Exchange], None]:
        return lambda exchange: self._emit(Exchanged(trial, exchange))

    def _judged(self, trial: str) -> Callable[[History, Judgement], None]:
        def judged(history: History, judgement: Judgement) -> None:
            self._emit(TrialJudged(trial, self._test, history, judgement))
            verdict = judgement.verdict.refused(self._rule.refuses_finding)
            if verdict.findings:
                self.violation = violation(history, verdict)

        return judged


def first_tenant(test: str) -> int:
    """The number of a test's first tenant. Tests share the 35 bits of tenant numbers as 2**15 blocks of 2**20."""
    block = int.from_bytes(hashlib.blake2s(test.encode(), digest_size=2).digest()) >> 1
    return block * TENANTS_PER_TEST
