"""One run: a fresh instance, a programme, a schedule; what was answered, and what the oracles say of it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from partywall.explore.asgi import Lifespan, Session, cover
from partywall.explore.control import Control
from partywall.explore.loop import ExplorationLoop
from partywall.explore.schedule import Recording, Schedule
from partywall.explore.strategies.planned import Planned
from partywall.explore.uncontrolled import Unexplored
from partywall.marks import Marks
from partywall.model import Exchange, Finding, History, Outcome, Verdict
from partywall.oracle.judge import Judgement, judge

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType, TracebackType
    from typing import Self

    from partywall.explore.programme import Client, Programme, Subject
    from partywall.explore.strategies import Strategy
    from partywall.model import Request

_CREDENTIAL_SERIAL = 1
_RUNS_PER_COLLECTION = 50
_UNWINDING_STEPS = 5_000


@dataclass(frozen=True)
class Run:
    """What one schedule led to.

    Attributes:
        judgement: None if the run did not come to its end; then ``verdict`` says why.
        uncontrolled: the application did what the scheduler can't order.
        request_steps: (session, number of its request) -> how many steps that request took.
        opened: answers to what clients sent for their credentials.
    """

    programme: Programme
    schedule: Schedule
    verdict: Verdict
    history: History
    judgement: Judgement | None
    recording: Recording
    strategy: str
    uncontrolled: bool
    request_steps: dict[tuple[str, int], int]
    opened: tuple[Exchange, ...] = field(default=(), repr=False)

    @property
    def identities(self) -> frozenset[tuple[str, str, str]]:
        """What was found, as failures."""
        return frozenset(finding.identity for finding in self.verdict.findings)


class Runner:
    """Runs schedules of one subject. A context manager: within it the machine's chance, clocks and threads are the
    runs' own. Use from one thread.

    Attributes:
        runs: how many there were. judged: how many histories differed, and so were judged.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.runs = 0
        self._control = Control(subject.lines)
        self._judgements: dict[object, tuple[Verdict, Judgement]] = {}
        self._collecting = gc.isenabled()
        self._modules: dict[str, ModuleType] = {}

    @property
    def judged(self) -> int:
        """How many different histories were judged."""
        return len(self._judgements)

    def __enter__(self) -> Self:
        self._control.__enter__()
        # Collected between runs, not in them: where a finaliser runs must not depend on the runs before.
        gc.disable()
        gc.freeze()
        self._modules = dict(sys.modules)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.__exit__(kind, error, trace)
        # What was imported anew for an instance is no longer what others in this process have of it.
        sys.modules.update(self._modules)
        gc.unfreeze()
        if self._collecting:
            gc.enable()

    def replay(self, programme: Programme, schedule: Schedule) -> Run:
        """Run a schedule that was recorded."""
        return self.run(programme, Planned(schedule.switches), schedule)

    def run(self, programme: Programme, strategy: Strategy, schedule: Schedule) -> Run:
        """Run a programme; ``strategy`` decides instead of the schedule's switches."""
        self.runs += 1
        if self.runs % _RUNS_PER_COLLECTION == 0:
            gc.collect()
        loop = ExplorationLoop(
            strategy,
            schedule.order,
            schedule.disconnect,
            stock=schedule.stock,
            latency_s_max=self.subject.latency_ms_max / 1e3,
            steps_max=self.subject.steps_max,
        )
        work = _Work(loop, programme, self.subject, lambda: self._control.draw_from(schedule.seed))
        reason, failures = "", 0
        with self._control.run(loop):
            try:
                loop.run_until_complete(work.all())
            except Unexplored as error:
                reason = str(error)
            finally:
                # What broke the loop may have come up as an application's own error.
                failures = len(loop.failures)
                reason = reason or next((str(failure) for failure in loop.failures), work.fault)
                _end(loop)
        exchanges = tuple(work.recorded[number] for number in sorted(work.recorded))
        history = History(programme.key, programme.tenants, exchanges)
        verdict, judgement = (Verdict(Outcome.INCONCLUSIVE, (), (reason,)), None) if reason else self._judge(history)
        ended = Schedule(schedule.order, tuple(loop.switches), schedule.disconnect, schedule.seed, schedule.stock)
        recording = Recording(ended, tuple(loop.labels), tuple(loop.steps), _outcome(history, verdict))
        requests = loop.storage.get("requests", {})
        return Run(
            *(programme, ended, verdict, history, judgement, recording, strategy.name, failures > 0, requests),
            tuple(work.opened.values()),
        )

    def _judge(self, history: History) -> tuple[Verdict, Judgement]:
        """Oracles are pure and only compare times, so histories alike but for distances in time are judged once."""
        key = _alike(history)
        known = self._judgements.get(key)
        if known is None:
            judgement = judge(history, self.subject.policy)
            more = tuple(finding for check in self.subject.checks for finding in check(history))
            verdict = Verdict.of((*judgement.verdict.findings, *more), judgement.verdict.reasons)
            known = self._judgements[key] = (verdict, judgement)
        return known


class _Work:
    """``deciding`` is called when what is explored begins. What comes before is the same in all runs, ids drawn by
    chance included."""

    def __init__(
        self, loop: ExplorationLoop, programme: Programme, subject: Subject, deciding: Callable[[], None]
    ) -> None:
        marks = Marks(programme.key)

        def mark(client: Client) -> str:
            return marks.mint(client.tenant.number, _CREDENTIAL_SERIAL)

        self.recorded: dict[int, Exchange] = {}
        self.opened: dict[int, Exchange] = {}
        self.fault = ""
        self._loop, self._programme, self._subject = loop, programme, subject
        self._deciding = deciding
        self._covered = cover(programme.clients, mark)

    async def all(self) -> None:
        loop, clients = self._loop, self._programme.clients
        application = self._subject.application()
        lifespan = Lifespan(loop, application)
        await lifespan.begin()
        self.fault = lifespan.fault
        if self.fault:
            return
        await self._open(application)
        sessions = [
            Session(loop, application, self._subject.base, client, self.recorded, self._covered) for client in clients
        ]
        await self._alone(sessions, [client.before for client in clients])
        self._deciding()
        loop.deciding = True
        working = [self._start(session, session.client.requests) for session in sessions if session.client.requests]
        for task in working:
            await task
        for session in sessions:
            while session.running:
                await session.running.pop()
        loop.deciding = False
        await self._alone(sessions, [client.after for client in clients])
        await lifespan.end()
        self.fault = lifespan.fault

    async def _open(self, application: Any) -> None:
        """Let clients send what gets them their credentials. It is no part of the history: numbers begin after it."""
        for client in self._programme.clients:
            bare = replace(client, credential=())
            session = Session(self._loop, application, "", bare, self.opened, lambda data: data)
            await self._alone([session], [client.opening])
        self._loop.storage.pop("exchanges", None)

    def _start(self, session: Session, requests: tuple[Request, ...]) -> asyncio.Task[None]:
        mine, self._loop.session = self._loop.session, session.client.name
        task = self._loop.create_task(session.send_all(requests))
        self._loop.session = mine
        return task

    async def _alone(self, sessions: list[Session], requests: list[tuple[Request, ...]]) -> None:
        for session, those in zip(sessions, requests, strict=True):
            if those:
                await self._start(session, those)
                while session.running:
                    await session.running.pop()


def _end(loop: ExplorationLoop) -> None:
    """Close the loop. What a run that was broken off left open is cancelled, so that it lets go of what it holds."""
    loop.unwind(_UNWINDING_STEPS)
    left = asyncio.all_tasks(loop)
    if left:
        for task in left:
            task.cancel()
        with contextlib.suppress(Exception):
            loop.run_until_complete(asyncio.wait(left))
    loop.close()


def _alike(history: History) -> object:
    """What histories have in common that are judged alike."""
    times = []
    for exchange in history.exchanges:
        times.append((exchange.called_ns, exchange.number, 0))
        times.append((exchange.returned_ns, exchange.number, 1))
    times.sort()
    return (
        history.key,
        history.tenants,
        tuple((number, end) for _, number, end in times),
        tuple(
            (
                *(exchange.operation, exchange.tenant, exchange.session, exchange.method, exchange.url),
                *(exchange.request_headers, exchange.request_body, exchange.status, exchange.headers, exchange.body),
                *(exchange.fault, exchange.provocations),
            )
            for exchange in history.exchanges
        ),
    )


def _outcome(history: History, verdict: Verdict) -> str:
    """Fingerprint of the answers' statuses, and of what was found."""
    digest = hashlib.blake2s(digest_size=6)
    for exchange in history.exchanges:
        digest.update(f"{exchange.session} {exchange.operation} {exchange.status} {exchange.fault}\n".encode())
    digest.update(repr([_identity(finding) for finding in verdict.findings]).encode())
    return digest.hexdigest()


def _identity(finding: Finding) -> tuple[str, ...]:
    return (*finding.identity, finding.owner, finding.viewer, finding.surface, finding.place)
