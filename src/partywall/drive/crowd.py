"""The sessions of a trial that are driven many at a time, on a loop of their own."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

import httpx

from partywall.drive.client import Client
from partywall.drive.inline import InLine
from partywall.drive.load import Restarts, load
from partywall.drive.loop import LoopThread
from partywall.drive.provocations import Ready, ask_weakly, provoke
from partywall.drive.proxy import DelayingProxy, PoolingProxy
from partywall.errors import Inconclusive, UsageError
from partywall.program import OPERATOR, SAFE_METHODS
from partywall.target import Credential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from partywall.drive.load import Loaded, Pace, Workflow
    from partywall.drive.provocations import Call, Provocation
    from partywall.drive.recorder import Recorder
    from partywall.marks import Marks
    from partywall.model import Exchange, Tenant
    from partywall.target import Target

FIRST_INDEX = 1_000
"""Index of a tenant's first session here; those below are the trial's own."""


class Crowd:
    """Makes clients, each with a name of its own in the history, and drives them.

    Attributes:
        loop: the thread that drives them.
    """

    def __init__(
        self,
        target: Target,
        recorder: Recorder,
        marks: Marks,
        credentials: Mapping[Tenant, Credential],
        timeout_s: float,
    ) -> None:
        self.loop = LoopThread()
        self._target = target
        self._recorder = recorder
        self._marks = marks
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._made: Counter[Tenant] = Counter()
        self._all: list[Client] = []
        self._at_work: defaultdict[Tenant, list[Client]] = defaultdict(list)
        self._provoking: dict[tuple[Tenant, int], Client] = {}
        self._operators: dict[Tenant, Client] = {}
        self._weakly: dict[Credential, Client] = {}

    def client(self, tenant: Tenant) -> Client:
        """A new client of a tenant."""
        return self._client(self._name(tenant), tenant, self._credentials[tenant])

    def load(
        self,
        tenants: Sequence[Tenant],
        workflows: Sequence[Workflow],
        sessions: int,
        pace: Pace,
        reads_kept: int,
        restarts: int,
    ) -> Loaded:
        """Load from so many sessions, shared out among the tenants. Sessions are used again by later loads."""
        restarting = self._restarts(restarts)
        taken: Counter[Tenant] = Counter()
        clients = []
        for index in range(sessions):
            tenant = tenants[index % len(tenants)]
            mine = self._at_work[tenant]
            if taken[tenant] == len(mine):
                mine.append(self.client(tenant))
            clients.append(mine[taken[tenant]])
            taken[tenant] += 1
        look = InLine(self._marks, self._target.policy, reads_kept)
        return self.loop.run(load(clients, workflows, pace, look, "load", restarts=restarting))

    def _restarts(self, count: int) -> Restarts | None:
        if not count:
            return None
        if self._target.restart_worker is None:
            raise Inconclusive("a worker's restart: there is none that could. Set Target.restart_worker.")
        return Restarts(count, self._target.restart_worker)

    def provoke(self, calls: Sequence[Call], how: Provocation, group: int, control: Tenant) -> list[Exchange]:
        """Make calls in this way. A tenant's calls are those of one session, the same in every provocation, and copies
        those of further ones: what a call brings (a log-in) is there for the next."""
        return self.loop.run(self._provoke(calls, how, group, control))

    async def _provoke(self, calls: Sequence[Call], how: Provocation, group: int, control: Tenant) -> list[Exchange]:
        ready = [Ready(self._of(call, copy), call) for call in calls for copy in range(how.copies)]
        weak = (
            [self._weak(control, self._credentials[control]), self._weak(control, Credential(()))] if how.weak else []
        )
        reads = [call for call in calls if call.request.method in SAFE_METHODS and not call.operator]
        clients = {*weak, *(each.client for each in ready if not each.call.operator)}
        with self._slow_upstream(how.slow_upstream_ms):
            async with self._through_proxy(how, clients):
                exchanges = await provoke(ready, how, group)
                await ask_weakly(weak, reads, "weak", *how.names)
        return exchanges

    def _slow_upstream(self, delay_ms: float) -> AbstractContextManager[None]:
        if not delay_ms:
            return nullcontext()
        if self._target.slow_upstream is None:
            raise Inconclusive("a slow upstream: nothing stands between. Set Target.slow_upstream.")
        return self._target.slow_upstream(delay_ms)

    @asynccontextmanager
    async def _through_proxy(self, how: Provocation, clients: Iterable[Client]) -> AsyncIterator[None]:
        if not how.one_socket and not how.slow_ms:
            yield
            return
        where = httpx.URL(self._target.base_url)
        if where.scheme != "http" or where.port is None:
            raise UsageError(f"a proxy stands before http://host:port; came {where}")
        upstream = where.host, where.port
        proxy = PoolingProxy(upstream) if how.one_socket else DelayingProxy(upstream, how.slow_ms)
        await proxy.open()
        try:
            for client in clients:
                client.go_through(proxy.port)
            yield
        finally:
            for client in clients:
                client.go_through(None)
            await proxy.close()

    def _of(self, call: Call, copy: int) -> Client:
        if call.operator:
            return self._operating(call.tenant)
        key = (call.tenant, copy)
        if key not in self._provoking:
            self._provoking[key] = self.client(call.tenant)
        return self._provoking[key]

    def _operating(self, tenant: Tenant) -> Client:
        operator = self._target.operator
        if operator is None:
            raise Inconclusive("a call of the operator: the target has no such interface. Set Target.operator.")
        if tenant not in self._operators:
            name, credential = f"{tenant.label}/{OPERATOR}", Credential(operator.headers)
            self._operators[tenant] = self._client(name, tenant, credential, operator.base_url)
        return self._operators[tenant]

    def _weak(self, control: Tenant, credential: Credential) -> Client:
        if credential not in self._weakly:
            self._weakly[credential] = self._client(self._name(control), control, credential)
        return self._weakly[credential]

    def _name(self, tenant: Tenant) -> str:
        self._made[tenant] += 1
        return f"{tenant.label}/{FIRST_INDEX + self._made[tenant] - 1}"

    def _client(self, name: str, tenant: Tenant, credential: Credential, base_url: str | None = None) -> Client:
        client = Client(name, tenant, credential, self._target, self._recorder, self._timeout_s, base_url)
        self._all.append(client)
        return client

    def close(self) -> None:
        """Close all connections, and the loop."""
        self.loop.call(self._close_clients)
        self.loop.close()

    def _close_clients(self) -> None:
        for client in self._all:
            client.close()
