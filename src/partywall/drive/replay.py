"""Runs programmes in trials of their own: the same requests, sent by other tenants."""

from __future__ import annotations

import time
import urllib.parse
from contextlib import contextmanager, nullcontext
from itertools import groupby
from typing import TYPE_CHECKING

from partywall import places
from partywall.drive.instances import Instances
from partywall.drive.trial import Trial
from partywall.ledger import normal_id
from partywall.model import Request
from partywall.program import CHOSEN_SECRET, LISTENED_S, NOT_YET, Account, Answered, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Self

    from partywall.drive.session import Session
    from partywall.drive.streams import Listening
    from partywall.marks import Marks
    from partywall.model import Exchange, Tenant
    from partywall.program import Program, Source, Step, Template
    from partywall.target import Target


AWAITED_S, AGAIN_S = 2.0, 0.05
"""For how long, and how often, what a job makes is asked for."""


class UnboundError(LookupError):
    """A response lacks a value that a later step needs: the programme can't go on."""


class Trials:
    """Opens trials for replays, whose findings are no findings of the run. Use as a context manager.

    Attributes:
        next_number: of the tenant that is made next. No two tenants of a run may have the same.
        requests: sent so far, in all trials.
        dirty: trials have been seen to leave something in the service that others meet.
    """

    def __init__(self, target: Target, key: bytes, first_number: int) -> None:
        self.target = target
        self.next_number = first_number
        self.requests = 0
        self.dirty = False
        self._key = key
        self._instances = Instances(target.fresh) if target.fresh else None

    @contextmanager
    def service(self, *, fresh: bool = False) -> Iterator[Target]:
        """The service at hand, or if asked for and possible an instance in which nothing has happened yet.

        Raises:
            Inconclusive: it could not be started.
        """
        with self._instances.lend() if fresh and self._instances else nullcontext(self.target) as target:
            yield target

    @contextmanager
    def trial(self, target: Target, tenants: int) -> Iterator[Trial]:
        """A trial of so many new tenants. Raises `Inconclusive` if the service refuses one."""
        first, self.next_number = self.next_number, self.next_number + tenants + 1
        trial = Trial(target, self._key, first, tenants, heard=self._count)
        try:
            yield trial
        finally:
            trial.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._instances:
            self._instances.close()

    def _count(self, _exchange: Exchange) -> None:
        self.requests += 1


class Replay:
    """A programme in a trial, whose n-th tenant plays the n-th role. Can be run more than once.

    Attributes:
        program, trial: what is run, and in which trial.
        answers: number of a step -> its latest exchange.
    """

    def __init__(self, program: Program, trial: Trial) -> None:
        self.answers: dict[int, Exchange] = {}
        self._chosen: dict[str, str] = {}
        self.program = program
        self.trial = trial
        players = list(zip(program.roles, trial.tenants, strict=True))
        self._tenants: dict[str, Tenant] = {role.name: tenant for role, tenant in players}
        self._numbers = {role.tenant: tenant.number for role, tenant in players}
        names = [(role.tenant_name, tenant.name) for role, tenant in players]
        self._names = [
            (write(before), write(after))
            for before, after in names
            for write in (str, _quoted, urllib.parse.quote_plus)
        ]

    def attempt(self, *, first: int = 0, hang_up_ms: float | None = None) -> None:
        """Run the steps from an index on.

        Args:
            hang_up_ms: instead of the programme's own delay before clients hang up.

        Raises:
            UnboundError: a step's value is not there; the steps before it were sent.
        """
        steps = self.program.steps[first:]
        listening: list[tuple[Step, Listening]] = []
        try:
            for _, together in groupby(
                steps, key=lambda step: step.number if step.group is None else ("group", step.group)
            ):
                self._send(list(together), hang_up_ms, listening)
            until = time.monotonic() + LISTENED_S
            for _, heard in listening:
                heard.wait(lambda _received: False, until)
        finally:
            self.answers.update((step.number, heard.close()) for step, heard in listening)

    def _send(self, steps: Sequence[Step], hang_up_ms: float | None, listening: list[tuple[Step, Listening]]) -> None:
        step = steps[0]
        if step.wait_s:
            time.sleep(step.wait_s)
        if step.session is None:
            self.answers[step.number] = self.trial.operate(
                self._tenants[step.role], self._request(step), opens=step.opens
            )
            return
        if step.listens:
            listening.append((step, self._session(step).listen(self._request(step))))
            return
        with self._slow_upstream(max(each.slow_upstream_ms for each in steps)):
            exchanges = self._answered(steps, hang_up_ms)
        self.answers.update((step.number, exchange) for step, exchange in zip(steps, exchanges, strict=True))

    def _slow_upstream(self, delay_ms: float) -> AbstractContextManager[None]:
        slow = self.trial.target.slow_upstream
        return slow(delay_ms) if slow and delay_ms else nullcontext()

    def _answered(self, steps: Sequence[Step], hang_up_ms: float | None) -> list[Exchange]:
        step = steps[0]
        prepared = [(self._session(step), self._request(step)) for step in steps]
        awaited = [_awaited(*pair) for pair, each in zip(prepared, steps, strict=True) if self.program.awaits(each)]
        if step.group is not None:
            return self.trial.together(prepared)
        session, request = prepared[0]
        if step.hang_up_ms is not None:
            return [session.hang_up(request, step.hang_up_ms if hang_up_ms is None else hang_up_ms)]
        return awaited or [session.send(request)]

    def _session(self, step: Step) -> Session:
        return self.trial.session(self._tenants[step.role], step.session or 0)

    def _request(self, step: Step) -> Request:
        return Request(
            operation=step.operation,
            method=step.method,
            path=self._text(step.url, step),
            headers=tuple((name, self._text(value, step)) for name, value in step.headers),
            body=step.binary or self._text(step.body, step).encode(),
        )

    def _text(self, template: Template, step: Step) -> str:
        tenant = self._tenants[step.role]
        return CHOSEN_SECRET.sub(
            lambda found: self._secret(found[0], tenant), fill(template, self._value, self._renamed)
        )

    def _secret(self, pseudonym: str, tenant: Tenant) -> str:
        if pseudonym not in self._chosen:
            self._chosen[pseudonym] = self.trial.secret(tenant)
        return self._chosen[pseudonym]

    def _renamed(self, text: str) -> str:
        for before, after in self._names:
            text = text.replace(before, after)
        return remint(text, self._numbers, self.trial.marks)

    def _value(self, source: Source) -> str:
        match source:
            case Account(role):
                return self.trial.account(self._tenants[role])
            case Answered(step, place):
                answer = self.answers.get(step)
                found = places.find(places.parse(answer.body), place) if answer else []
                if not found or found[0][1] is None:
                    raise UnboundError(f"the answer to step {step} has nothing at {place}")
                return normal_id(found[0][1])


def remint(text: str, numbers: Mapping[int, int], marks: Marks) -> str:
    """A text with the marks of some tenants replaced by the same marks of others (number -> number)."""
    data = text.encode()
    lower = data.lower()
    parts, end = [], 0
    for mark in marks.find(data):
        at = lower.find(mark.text.encode(), end)
        if mark.genuine and mark.tenant in numbers and at >= 0:
            minted = marks.mint(numbers[mark.tenant], mark.serial).encode()
            after = at + len(minted)
            parts += [data[end:at], minted.upper() if data[at:after].isupper() else minted]
            end = after
    return b"".join([*parts, data[end:]]).decode()


def _awaited(session: Session, request: Request) -> Exchange:
    until = time.monotonic() + AWAITED_S
    while True:
        exchange = session.send(request)
        if exchange.status not in NOT_YET or time.monotonic() >= until:
            return exchange
        time.sleep(AGAIN_S)


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
