"""Experiments in another service than the one where it was found: behind the edge, and with one worker."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from partywall.drive.replay import Trials
from partywall.drive.trial import Trial
from partywall.model import UNKNOWN
from partywall.oracle.judge import judge
from partywall.reduction.cause import AMBIENT_STATE, CACHE_KEY, EDGE_CACHE
from partywall.reduction.reduce import Budget, Witness, reduce
from tests.partywall import leaky
from tests.partywall.leaky import Leaky
from tests.partywall.served import up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from partywall.drive.session import Session
    from partywall.model import Exchange, Request, Tenant
    from partywall.target import Target

KEY = b"experiments."


class Ambient(Leaky):
    """Who ask for anything at once are all answered for one of them who owns something. Each time: requests that are
    released together wait for each other here."""

    company: threading.Barrier | None = None
    met: tuple[str, ...] = ()

    def leading(self, _address: str, tenant: str) -> str:
        """Who it is answered for."""
        company = Ambient.company
        if company is None:
            return tenant
        with self._lock:
            Ambient.met += (tenant,)
        company.wait(10)
        return max(
            Ambient.met, key=lambda each: max((n for n, o in self.orders.items() if o["tenant"] == each), default=0)
        )


@pytest.fixture
def in_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that are released together are waited for."""
    released = Trial.together

    def together(trial: Trial, calls: Sequence[tuple[Tenant | Session, Request]]) -> list[Exchange]:
        Ambient.company, Ambient.met = threading.Barrier(len(calls)), ()
        try:
            return released(trial, calls)
        finally:
            Ambient.company = None

    monkeypatch.setattr(Trial, "together", together)


@contextmanager
def serving(service: Leaky) -> Iterator[None]:
    """A service that is there already, on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (leaky._Handler,), {"service": service}))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}{service.base}"
    with up(server):
        yield


def reduced(target: Target, act: Callable[[Trial], object], operation: str) -> Witness:
    """The witness of what two tenants, who own an order each, were shown by an operation."""
    trial = Trial(target, KEY, 1, 2)
    for tenant in trial.tenants:
        trial.send(tenant, leaky.create(trial.mark(tenant)))
    act(trial)
    trial.close()
    findings = judge(trial.history, leaky.POLICY).verdict.findings
    finding = next(each for each in findings if each.operation == operation)
    with Trials(target, KEY, 1000) as trials:
        return reduce(trial.history, finding, trials, Budget())


def last_of_each(trial: Trial) -> None:
    """Everybody asks for its last order."""
    for tenant in trial.tenants:
        trial.send(tenant, leaky.last())


@contextmanager
def edged(behind: str) -> Iterator[Target]:
    """A service with an edge that keeps answers, and what is behind it."""
    service = Leaky("edge")
    origin = copy.copy(service)
    origin.leak, origin._kept = behind, {}
    if behind == "refuses":
        origin.tenants = {}
    with serving(service), serving(origin):
        yield replace(service.target(), origin_url=origin.url, fresh=partial(edged, behind))


@pytest.mark.parametrize(("behind", "cause"), [("", EDGE_CACHE), ("edge", CACHE_KEY), ("refuses", EDGE_CACHE)])
def test_at_the_origin(behind: str, cause: str) -> None:
    """What keeps answers by their address is at the edge if the origin does not; an origin that lets nobody in says
    nothing, and then the address alone does."""
    with edged(behind) as target:
        witness = reduced(target, last_of_each, leaky.LAST)
    changes = {each.change: bool(each.shown) for each in witness.experiments}
    assert witness.finding.cause == cause
    assert changes.pop("at the origin", None) == {"": False, "edge": True}.get(behind)
    assert changes == {"a query of its own": False}


@pytest.mark.usefixtures("in_company")
@pytest.mark.parametrize(("alone", "cause"), [("flight", AMBIENT_STATE), ("", UNKNOWN)])
def test_one_worker(alone: str, cause: str) -> None:
    """What one process mixes up it mixes up alone too; what takes several workers is no ambient state."""

    @contextmanager
    def one_worker() -> Iterator[Target]:
        with serving(instance := Ambient(alone)):
            yield instance.target()

    def at_once(trial: Trial) -> None:
        a, b = trial.tenants
        trial.send(b, leaky.me())
        trial.together([(a, leaky.listing()), (b, leaky.listing())])

    with serving(service := Ambient("flight")):
        witness = reduced(replace(service.target(), one_worker=one_worker), at_once, leaky.LIST)
    changes = {each.change: bool(each.shown) for each in witness.experiments}
    assert (witness.finding.cause, changes.get("one worker")) == (cause, alone == "flight"), witness.experiments
