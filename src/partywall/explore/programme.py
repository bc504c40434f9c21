"""What is explored: an application, and the clients that use it at the same time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    """

    name: str
    tenant: Tenant
    credential: tuple[tuple[str, str], ...] = field(repr=False)
    requests: tuple[Request, ...]
    before: tuple[Request, ...] = ()
    after: tuple[Request, ...] = ()


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

    def without(self, name: str, request: int | None = None) -> Programme:
        """A copy without one of a client's explored requests, or without any of them.

        The client stays, and so does what it sends before and after: an owner need not be there to be robbed."""
        return replace(
            self,
            clients=tuple(
                replace(
                    client,
                    requests=()
                    if request is None
                    else client.requests[:request] + client.requests[request + 1 :],
                )
                if client.name == name
                else client
                for client in self.clients
            ),
        )
