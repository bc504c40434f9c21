"""Why it leaks, by controlled experiment: the smallest witness again, with one thing changed at a time.

What goes away when a thing is changed hung on it: the overlap, the hang-up, the earlier read of the same, the
address under which an edge keeps an answer.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from partywall.model import UNKNOWN, Experiment
from partywall.program import SAFE_METHODS
from partywall.reduction.reproduce import SEQUENTIAL_TRIES, Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from partywall.program import Program, Step
    from partywall.reduction.reproduce import Reproducer, Service, Shown
    from partywall.target import Target

MISSING_CHECK = "missing check"
CACHE_KEY = "cache key"
EDGE_CACHE = "cache at the edge"
COALESCING = "coalescing"
AMBIENT_STATE = "ambient state"
POOL_DESYNC = "pool desync"

_READS = frozenset({"ownership", "echo", "completeness"})
_CHECKS = frozenset({"ownership", "echo", "integrity", "noninterference"})
_MALFORMED = frozenset({400, 422})
_TRIES_MIN, _TRIES_MAX, _SURE, _ROUNDS = 6, 40, 0.05, 4


def explained(shown: Shown, everything: Program, reproducer: Reproducer) -> tuple[str, tuple[Experiment, ...]]:
    """The mechanism, and the experiments that say so. `UNKNOWN` where they don't, or the budget was spent.

    Args:
        everything: the whole of what the run sent, to take other requests from.

    Raises:
        Inconclusive: the service could not be asked.
    """
    laboratory = _Laboratory(shown, everything, reproducer)
    return laboratory.cause(), tuple(laboratory.experiments)


class _Laboratory:
    def __init__(self, shown: Shown, everything: Program, reproducer: Reproducer) -> None:
        self.experiments: list[Experiment] = []
        self._reproducer = reproducer
        self._everything = everything
        self._finding = shown.finding
        self._program = shown.program
        looked = next((number for number, e in shown.answers.items() if e.number == shown.finding.exchange), None)
        self._look = next((step for step in shown.program.steps if step.number == looked), None)
        self._status = shown.answers[looked].status if looked is not None else None
        self._answers = shown.answers
        rate = reproducer.rates[shown.program]
        self._certain = rate.shown == rate.tries
        self._tries = enough(rate.shown / rate.tries)

    def cause(self) -> str:
        if any(step.hang_up_ms is not None for step in self._program.steps):
            return POOL_DESYNC if self._gone("no client hangs up", self._program.patient()) else UNKNOWN
        if any(step.group is not None for step in self._program.steps):
            return self._racing() if self._gone("one request after another", self._program.sequential()) else UNKNOWN
        # What is sent one by one and does not show each time hangs on something that no experiment holds still.
        return self._one_by_one() if self._certain else UNKNOWN

    def _one_by_one(self) -> str:
        look = self._look
        at_origin = self._gone_at("at the origin", self._origin) if self._reproducer.trials.target.origin_url else None
        busted = self._gone_when_busted(look)
        if at_origin or (busted and at_origin is None):
            return EDGE_CACHE
        if busted:
            return CACHE_KEY
        if self._reproducer.purse.empty():
            return UNKNOWN
        warm = self._warm()
        if not warm:
            return MISSING_CHECK if self._finding.property in _CHECKS else UNKNOWN
        if not self._gone("nobody reads before", self._program.without({step.number for step in warm})):
            return UNKNOWN
        return CACHE_KEY if look and any(step.operation == look.operation for step in warm) else AMBIENT_STATE

    def _warm(self) -> list[Step]:
        """What others read before the look, of which no later step needs anything."""
        look = self._look
        if look is None or self._finding.property not in _READS:
            return []
        needed = {number for step in self._program.steps for number in step.needs}
        return [
            step
            for step in self._program.steps
            if step.number < look.number
            and step.role != look.role
            and step.method in SAFE_METHODS
            and step.number not in needed
        ]

    def _racing(self) -> str:
        """Does it hang on what the other one asks for, or does any request of it do?"""
        look = self._look
        if look is None or look.group is None:
            return UNKNOWN
        rivals = [step for step in self._program.steps if step.group == look.group and step.role != look.role]
        same = [step for step in rivals if step.operation == look.operation]
        if not same:
            return self._ambient()
        if self._gone_when_busted(look):
            return COALESCING
        rival = same[0]
        for change, alike in (
            ("the other asks for the same with another query", True),
            ("the other asks for something else", False),
        ):
            other = self._other(rival, alike=alike)
            gone = other and self._gone(change, self._with(rival, other))
            if gone is False:
                return self._ambient()
            if gone and alike:
                return COALESCING
        return UNKNOWN

    def _ambient(self) -> str:
        """What a process keeps for everybody is mixed up by one worker as well."""
        gone = self._gone_at("one worker", self._one_worker) if self._reproducer.trials.target.one_worker else None
        return UNKNOWN if gone else AMBIENT_STATE

    def _other(self, rival: Step, *, alike: bool) -> Step | None:
        """In the place of a rival's request another read of its own, of the same operation or of another, that needs
        nothing from an earlier answer."""
        for step in self._everything.steps:
            if step.role != rival.role or step.method not in SAFE_METHODS or step.session is None or step.needs:
                continue
            if (step.operation == rival.operation) is alike and step.url != rival.url:
                return replace(rival, operation=step.operation, method=step.method, url=step.url, headers=step.headers)
        return None

    def _gone_when_busted(self, look: Step | None) -> bool | None:
        """Is a read gone from an address that nobody else asks for?"""
        if look is None or look.method not in SAFE_METHODS:
            return None
        sign = "&" if any("?" in part for part in look.url if isinstance(part, str)) else "?"
        asked = replace(look, url=(*look.url, f"{sign}partywall={self._reproducer.trials.next_number}"))
        return self._gone("a query of its own", self._with(look, asked))

    def _with(self, before: Step, after: Step) -> Program:
        return self._program.having([after if step is before else step for step in self._program.steps])

    def _gone(self, change: str, changed: Program) -> bool | None:
        """Does it no longer show? None if that can't be said: no replay was left, or the change was refused."""
        return self._tried(change, changed, nullcontext, self._taken)

    def _gone_at(self, change: str, service: Service) -> bool | None:
        """Does it no longer show in another service? None if that can't be said."""
        return self._tried(change, self._program, partial(self._reproducer.elsewhere, service), self._alike)

    def _tried(
        self,
        change: str,
        changed: Program,
        where: Callable[[], AbstractContextManager[None]],
        accepted: Callable[[], bool],
    ) -> bool | None:
        """A race that does not show is tried beside the unchanged one, which may no longer show as often: on a busy
        machine requests meet more seldom."""
        tries, unchanged = 0, Rate()
        for _ in range(_ROUNDS):
            with where():
                shown, tried = self._replayed(changed)
            if not tried or not (shown or accepted()):
                return None
            tries += tried
            if not shown and changed.racy:
                met, of = self._replayed(self._program)
                unchanged = Rate(unchanged.shown + met, unchanged.tries + of)
                if not of or (1 - unchanged.shown / unchanged.tries) ** tries > _SURE:
                    continue
            self.experiments.append(Experiment(change, shown, tries))
            return not shown
        return None

    def _alike(self) -> bool:
        """Was all but the look let through as it was before? Another service may refuse what this one takes."""
        answers, look = self._reproducer.answers, self._look.number if self._look else None
        return all(
            number == look or (number in answers and answers[number].succeeded == before.succeeded)
            for number, before in self._answers.items()
        )

    @contextmanager
    def _origin(self, *, fresh: bool = False) -> Iterator[Target]:
        with self._reproducer.trials.service(fresh=fresh) as target:
            yield replace(target, base_url=target.origin_url)

    @contextmanager
    def _one_worker(self, *, fresh: bool = True) -> Iterator[Target]:
        del fresh  # it always is
        one_worker = self._reproducer.trials.target.one_worker
        assert one_worker is not None, "nobody asks else"
        with one_worker() as target:
            yield target

    def _replayed(self, program: Program) -> tuple[int, int]:
        """How many of how many further replays show it."""
        before = replace(self._reproducer.rates.setdefault(program, Rate()))
        tries = self._tries if program.racy else SEQUENTIAL_TRIES
        self._reproducer.again(program, before.tries + tries, fresh=False)
        after = self._reproducer.rates[program]
        return after.shown - before.shown, after.tries - before.tries

    def _taken(self) -> bool:
        """Did the service take the look as it was changed, or refuse it for its form?"""
        answer = self._reproducer.answers.get(self._look.number) if self._look else None
        if answer is None or answer.status == self._status:
            return True
        return answer.status is not None and answer.status < 500 and answer.status not in _MALFORMED


def enough(rate: float) -> int:
    """So many replays that chance hides all with 1 in 20 at most, if so large a share would show it."""
    tries = _TRIES_MIN
    while (1 - rate) ** tries > _SURE and tries < _TRIES_MAX:
        tries += 1
    return tries
