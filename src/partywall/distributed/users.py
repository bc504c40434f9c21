"""What a locustfile imports: users that are tenants' sessions, and the call that has their load judged.

Importing it imports Locust (``pip install "partywall[distributed]"``), which puts gevent's parts in place of Python's.
"""

from __future__ import annotations

import logging
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from locust import User, events
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from partywall.config import random_seed
from partywall.distributed.master import Master
from partywall.distributed.wiring import attach_master, attach_worker
from partywall.distributed.worker import Worker
from partywall.errors import UsageError
from partywall.grid import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locust.env import Environment

    from partywall.drive.client import Client
    from partywall.drive.trial import Trial
    from partywall.model import Exchange, Request, Tenant
    from partywall.target import Target

_LOG = logging.getLogger(__name__)
_WORKERS: WeakKeyDictionary[Environment, Worker] = WeakKeyDictionary()


class ForeignMark(Exception):
    """What Locust is told of a response that shows another tenant's mark."""


class TenantUser(User):
    """A session of one tenant: its own connections, cookies and credential. Users of a worker share out its tenants.

    Tasks send with `send`; Locust's statistics have each operation by its name. What can't be used here is Locust's own
    client, whose requests nobody records.
    """

    abstract = True

    def send(self, request: Request, *provocations: str) -> Exchange:
        """Send a request in this session. A fault, a 5xx and another tenant's mark are failures to Locust; what they
        are worth is said when all histories are judged."""
        began, began_s = time.time(), time.monotonic()
        exchange, foreign = self._worker.send(self._seat[2], request, *provocations)
        failure: Exception | None = None
        if foreign:
            failure = ForeignMark("another tenant's mark")
        elif exchange.status is None or exchange.status >= 500:
            failure = OSError(exchange.fault.partition(":")[0] or f"status {exchange.status}")
        self.environment.events.request.fire(
            request_type=exchange.method,
            name=exchange.operation,
            response_time=(time.monotonic() - began_s) * 1e3,
            response_length=len(exchange.body),
            exception=failure,
            context={},
            response=None,
            start_time=began,
            url=exchange.url,
        )
        return exchange

    def meet(self, every_s: float = 0.25) -> None:
        """Wait for the users of all workers: they go on together at multiples of this time, by the master's clock."""
        self._worker.wait_for_all(every_s)

    def mark(self) -> str:
        """A new mark of this user's tenant, to plant in what it makes."""
        return self.trial.mark(self.tenant)

    @property
    def trial(self) -> Trial:
        """This worker's tenants, for provocations among them."""
        return self._worker.trial

    @property
    def tenant(self) -> Tenant:
        """Whose session this is."""
        return self._seat[1]

    @property
    def place(self) -> int:
        """The tenant's place among those of its worker, from 0: every worker has one of each."""
        return self._seat[0]

    @cached_property
    def _worker(self) -> Worker:
        if (worker := _WORKERS.get(self.environment)) is None:
            _LOG.error("no tenants were dealt to this worker: it came late, or this is neither master nor worker")
            raise StopUser
        return worker

    @cached_property
    def _seat(self) -> tuple[int, Tenant, Client]:
        return self._worker.seat()


def isolate(
    target: Callable[[], Target],
    *,
    tenants: int = 4,
    folder: str | Path = "partywall-report",
    seed: int | None = None,
    control: Sequence[Request] = (),
    tolerate: Sequence[str] = (),
) -> None:
    """Have this locustfile's load judged: by the master, at the end of each test, as its exit status.

    Args:
        target: the service, as each process sees it; its ``admit`` is called on the workers.
        tenants: how many each worker has, besides its control.
        folder: gets a worker's history on the worker, histories and report on the master.
        control: what each worker's control tenant, who owns nothing, asks for before and after the load.
        tolerate: what the verdict lets pass, as ``partywall run --tolerate``.

    Raises:
        UsageError: there are no tenants, or nothing has such a word.
    """
    Rule.of(tolerate)  # said now, not at the end of the load
    if tenants < 1:
        raise UsageError(f"a worker takes 1 tenant or more; came {tenants}. Pass tenants=4.")
    where = Path(folder).absolute()

    def attach(environment: Environment, runner: Any, **_: object) -> None:
        if isinstance(runner, MasterRunner):
            chosen = random_seed() if seed is None else seed
            master = Master(
                runner,
                lambda: [node.id for node in runner.clients.ready + runner.clients.spawning + runner.clients.running],
                where,
                seed=chosen,
                tenants=tenants,
                base_url=target().base_url,
                tolerate=tolerate,
            )
            attach_master(environment, runner, master)
        elif isinstance(runner, WorkerRunner):
            attach_worker(environment, runner, lambda share: Worker(share, target(), where, control), _WORKERS)

    events.init.add_listener(attach)
