"""What the ten races have in common: two tenants, their clients, and what is known of each race."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Route

from partywall.explore import Client, Programme, Subject
from partywall.marks import Marks
from partywall.model import Finding, History, Request, Tenant
from partywall.policy import Policy, Shared
from tests.partywall.explore.races.world import World

if TYPE_CHECKING:
    from starlette.requests import Request as Incoming

KEY = b"a key of the races"
MARKS = Marks(KEY)
TENANTS = {label: Tenant(number, label, f"Shop {MARKS.mint(number, 0)}") for number, label in enumerate("AB", 1)}
NAMES = {f"Bearer key-of-{label}": tenant.name for label, tenant in TENANTS.items()}

Check = Callable[[History], Iterable[Finding]]


@dataclass(frozen=True)
class Race:
    """A race.

    Attributes:
        application: makes the service, correct or not, in its surroundings.
        smallest: requests, preemptions and disconnects of its reduced witness.
        silent: operations that show nothing of anybody's by nature.
    """

    name: str
    application: Callable[[bool, World], Any]
    programme: Programme
    identity: tuple[str, str, str]
    smallest: tuple[int, int, int]
    silent: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    lines: tuple[str, ...] = field(default=())

    def subject(self, *, correct: bool = False) -> Subject:
        """The service, or its correct twin."""
        operations = {
            request.operation
            for client in self.programme.clients
            for request in (*client.before, *client.requests, *client.after)
        }
        return Subject(
            application=lambda: self.application(correct, World(NAMES)),
            policy=Policy(tuple(sorted(operations)), tuple(Shared(name, "shows nothing") for name in self.silent)),
            checks=self.checks,
            lines=self.lines,
        )


def client(name: str, *requests: Request, after: tuple[Request, ...] = ()) -> Client:
    """A client of the tenant whose label its name begins with."""
    return Client(name, TENANTS[name[0]], (("Authorization", f"Bearer key-of-{name[0]}"),), requests, after=after)


def programme(*clients: Client) -> Programme:
    """A programme of the two tenants."""
    return Programme(KEY, tuple(TENANTS.values()), clients)


def get(path: str) -> Request:
    """A GET, whose operation is called as its path is."""
    return Request(path.strip("/").split("/")[0], "GET", path)


def post(path: str) -> Request:
    """A POST without a body."""
    return Request(path.strip("/"), "POST", path)


def service(**endpoints: Callable[[Incoming], Any] | Callable[[Incoming], Awaitable[Any]]) -> Starlette:
    """A service with an endpoint at /name for each; one that ends in _post takes POST."""
    return Starlette(
        routes=[
            Route(f"/{name.removesuffix('_post')}", endpoint, methods=["POST" if name.endswith("_post") else "GET"])
            for name, endpoint in endpoints.items()
        ]
    )
