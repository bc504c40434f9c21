"""Load: many sessions at once, each going through workflows, for so many seconds and requests at the most."""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from partywall.errors import UsageError
from partywall.oracle.overlap import Flying

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Coroutine, Generator, Sequence

    from partywall.drive.client import Client
    from partywall.drive.inline import InLine
    from partywall.model import Exchange, Request, Tenant

RESTARTED = "worker-restart"
"""In the history of what was sent after the first worker was told to start anew."""

Steps: TypeAlias = "Generator[Request, Exchange, None]"
Workflow: TypeAlias = "Callable[[Tenant], Steps]"
"""What a session does: a generator that yields requests and is sent what came of each (so not by ``yield from`` a list,
which can't be sent anything)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much load, and how it comes.

    Attributes:
        seconds, requests: nothing more is sent once either is used up.
        rate: None for a closed loop, in which each session begins its next workflow when it is through with one; else
            workflows begun each second, however slow the service is (an open loop).
        ramp_s: how long it takes until all sessions are at work, or the rate is reached.
    """

    seconds: float
    requests: int
    rate: float | None = None
    ramp_s: float = 0.0

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.requests <= 0 or self.ramp_s < 0 or (self.rate is not None and self.rate <= 0):
            raise UsageError(f"a load takes seconds, requests and a rate above 0, and a ramp of 0 or more; came {self}")

    def arrival_s(self, number: int) -> float:
        """When the n-th workflow of an open loop begins, in seconds from the start."""
        assert self.rate is not None  # asked for in an open loop only
        within = self.rate * self.ramp_s / 2
        if number < within:
            return math.sqrt(2 * number * self.ramp_s / self.rate)
        return self.ramp_s + (number - within) / self.rate


@dataclass(frozen=True, slots=True)
class Restarts:
    """Workers of the service that start anew in the middle of a load, when so many equal parts of its seconds or of
    its requests are used up.

    Attributes:
        restart: has the next one do so; called in a thread.
    """

    count: int
    restart: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to.

    Attributes:
        requests: sent; answered: with a status; faults: without.
        foreign: responses that showed another tenant's mark as it is written; what that is worth, the oracles say.
        kept: exchanges that stay in memory, to be judged with the rest; the others are in the history's file only.
        missed: workflows of an open loop that did not begin, since no session was free.
        seconds: it took. restarts: workers that were told to start anew meanwhile.
        overlaps: pairs of operations of different tenants -> how often they were in flight together.
    """

    requests: int
    answered: int
    faults: int
    foreign: int
    kept: int
    missed: int
    seconds: float
    restarts: int
    overlaps: Counter[tuple[str, str]] = field(repr=False)


async def load(
    clients: Sequence[Client],
    workflows: Sequence[Workflow],
    pace: Pace,
    look: InLine,
    *provocations: str,
    restarts: Restarts | None = None,
) -> Loaded:
    """Drive the clients, each of which is used by one workflow at a time."""
    if not clients or not workflows:
        raise UsageError(f"a load takes sessions and workflows; came {len(clients)} and {len(workflows)}")
    running = _Running(workflows, pace, look, provocations, restarts)
    await running.run(clients)
    return Loaded(
        requests=look.looked,
        answered=look.answered,
        faults=look.faults,
        foreign=look.foreign,
        kept=look.kept,
        missed=running.missed,
        seconds=running.passed_s,
        restarts=len(running.restarting),
        overlaps=running.flying.overlaps,
    )


class _Running:
    def __init__(
        self,
        workflows: Sequence[Workflow],
        pace: Pace,
        look: InLine,
        provocations: tuple[str, ...],
        restarts: Restarts | None,
    ) -> None:
        self.missed = 0
        self.restarting: list[asyncio.Future[None]] = []
        self.flying = Flying()
        self._workflows = workflows
        self._pace = pace
        self._look = look
        self._provocations = provocations
        self._restarts = restarts
        self._left = pace.requests
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    @property
    def passed_s(self) -> float:
        return self._loop.time() - self._began

    @property
    def _over(self) -> bool:
        return self._left <= 0 or self.passed_s >= self._pace.seconds

    async def run(self, clients: Sequence[Client]) -> None:
        if self._pace.rate is None:
            work = [self._closed(client, index, len(clients)) for index, client in enumerate(clients)]
        else:
            work = [self._open(clients)]
        try:
            await _all(work)
        finally:
            await asyncio.gather(*self.restarting)

    def _restart_if_due(self, restarts: Restarts) -> None:
        used = max(1 - self._left / self._pace.requests, self.passed_s / self._pace.seconds)
        if len(self.restarting) < restarts.count and used >= (len(self.restarting) + 1) / (restarts.count + 1):
            if not self.restarting:
                self._provocations += (RESTARTED,)
            self.restarting.append(asyncio.ensure_future(asyncio.to_thread(restarts.restart)))

    async def _closed(self, client: Client, index: int, count: int) -> None:
        await asyncio.sleep(self._pace.ramp_s * index / count)
        randoms = random.Random(index)  # noqa: S311  # repeatable
        while not self._over:
            await self._through(randoms.choice(self._workflows), client)

    async def _open(self, clients: Sequence[Client]) -> None:
        free = list(clients)
        randoms = random.Random(0)  # noqa: S311  # repeatable

        async def once(client: Client) -> None:
            await self._through(randoms.choice(self._workflows), client)
            free.append(client)

        number = 0
        async with asyncio.TaskGroup() as tasks:
            while not self._over:
                due = self._pace.arrival_s(number)
                number += 1
                if due >= self._pace.seconds:
                    break
                if (wait := due - self.passed_s) > 0:
                    await asyncio.sleep(wait)
                if free:
                    tasks.create_task(once(free.pop(0)))
                else:
                    self.missed += 1
                    await asyncio.sleep(0)

    async def _through(self, workflow: Workflow, client: Client) -> None:
        steps = workflow(client.tenant)
        request = next(steps, None)
        while request is not None and not self._over:
            self._left -= 1
            if self._restarts is not None:
                self._restart_if_due(self._restarts)
            self.flying.began(request.operation, client.tenant.number)
            exchange = await client.send(request, *self._provocations, keep=self._look)
            self.flying.ended(request.operation, client.tenant.number)
            try:
                request = steps.send(exchange)
            except StopIteration:
                return
        steps.close()


async def _all(work: Sequence[Coroutine[None, None, None]]) -> None:
    """All of it; the first error ends the rest."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
