"""What is explored: an application, and the clients that use it at the same time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from partywall.model import Finding, History, Request, Tenant
    from partywall.policy import Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """The application under exploration.

    Attributes:
        application: makes an instance in which nothing has happened yet; called for each run, on its loop's thread,
            before its loop runs.
        policy: what its responses are judged by.
        checks: oracles besides those of `partywall.oracle`.
        base: path in front of every request's.
        lines: files whose lines in threads are steps of their own, by the beginning of their path.
        latency_ms_max: timers up to this count as latency of I/O.
        steps_max: of one run, which is inconclusive beyond.
    """

    application: Callable[[], Any]
    policy: Policy
    checks: tuple[Callable[[History], Iterable[Finding]], ...] = ()
    base: str = ""
    lines: tuple[str, ...] = ()
    latency_ms_max: float = 50
    steps_max: int = 20_000


@dataclass(frozen=True, slots=True)
class Client:
    """A session: one client with one credential and its own cookies, whose requests follow each other.

    Attributes:
        name: unique in a programme: "A", "B", "A2".
        credential: headers that prove who it is; sent with each request, never recorded.
        before: requests that it sends before anything is explored, after: when all is over; alone, clients in
            their order.
        opening: requests with full paths by which it gets its credential; sent without it before all others' requests,
            and never recorded.
    """

    name: str
    tenant: Tenant
    credential: tuple[tuple[str, str], ...] = field(repr=False)
    requests: tuple[Request, ...]
    before: tuple[Request, ...] = ()
    after: tuple[Request, ...] = ()
    opening: tuple[Request, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Programme:
    """Clients that send their requests at the same time.

    Attributes:
        key: of the marks. tenants: everyone who could own something, whether it takes part or not.
    """

    key: bytes
    tenants: tuple[Tenant, ...]
    clients: tuple[Client, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Its sessions."""
        return tuple(client.name for client in self.clients)

    @property
    def size(self) -> int:
        """How many requests are explored."""
        return sum(len(client.requests) for client in self.clients)

    def asking(self, requests: Mapping[str, Sequence[Request]]) -> Programme:
        """A copy in which the clients named send these requests, and the others none.

        The others stay with what they send before and after: an owner need not be there to be robbed.
        """
        unknown = sorted(set(requests) - set(self.names))
        if unknown:
            raise UsageError(f"expected sessions of {', '.join(self.names)}; came {', '.join(unknown)}")
        clients = tuple(replace(client, requests=tuple(requests.get(client.name, ()))) for client in self.clients)
        return replace(self, clients=clients)

    def smaller(self) -> Iterator[Programme]:
        """Copies without one client's requests, then without one request."""
        asked = {client.name: client.requests for client in self.clients if client.requests}
        for name in asked if len(asked) > 1 else ():
            yield self.asking({other: requests for other, requests in asked.items() if other != name})
        for name, requests in asked.items():
            if len(requests) > 1:
                for index in range(len(requests)):
                    yield self.asking({**asked, name: requests[:index] + requests[index + 1 :]})


@dataclass(frozen=True, slots=True)
class Operations:
    """What clients can do: programmes are made of it.

    Attributes:
        base: the clients, at least two; the requests that they have in it are not sent.
        each: name of an operation -> the requests that a client sends for it.
    """

    base: Programme
    each: Mapping[str, Callable[[Client], Sequence[Request]]]

    def pairs(self) -> Iterator[tuple[str, Programme]]:
        """Every pair of operations, one with itself included: the first client does one, the second the other."""
        first, second = self.base.clients[:2]
        for one, other in itertools.combinations_with_replacement(self.each, 2):
            asked = {first.name: self.each[one](first), second.name: self.each[other](second)}
            yield f"{one} x {other}", self.base.asking(asked)

    def drawn(self, chance: random.Random, operations_max: int) -> Programme:
        """A programme by chance. Operations are drawn from a few, so that clients meet in them."""
        hot = chance.sample(sorted(self.each), min(2, len(self.each)))
        asked: dict[str, list[Request]] = {}
        for client in self.base.clients:
            names = chance.choices(hot, weights=(3, 1)[: len(hot)], k=chance.randint(1, operations_max))
            asked[client.name] = [request for name in names for request in self.each[name](client)]
        return self.base.asking(asked)
