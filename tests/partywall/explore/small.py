"""Small applications for the explorer's own tests: one tenant each for two clients, any ASGI endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from partywall.explore import Programme, Schedule, Subject
from partywall.explore.run import Run, Runner
from partywall.explore.strategies.planned import Planned
from partywall.policy import Policy, Shared
from tests.partywall.explore.races.race import client, get, programme

BOTH = programme(client("A", get("/x")), client("B", get("/x")))
QUIET = Policy(("x",), (Shared("x", "shows nothing"),))

Endpoint = Callable[[Request], Awaitable[Any]] | Callable[[Request], Any]


def subject(endpoint: Endpoint, lifespan: Any = None, **settings: Any) -> Subject:
    """A service with one endpoint at /x."""
    return Subject(
        lambda: Starlette(routes=[Route("/x", endpoint)], lifespan=lifespan), **{"policy": QUIET, **settings}
    )


def run(service: Subject, asked: Programme = BOTH, **schedule: Any) -> Run:
    """One run by default."""
    with Runner(service) as runner:
        return runner.run(asked, Planned(), Schedule(asked.names, **schedule))


def answers(result: Run) -> list[bytes]:
    """The bodies, in order of calling."""
    assert result.judgement is not None, result.verdict
    return [exchange.body for exchange in result.history.exchanges]


def said(value: object) -> Response:
    """An answer."""
    return JSONResponse(value)
