"""A background task writes a batch of several tenants in the context of whoever started it."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, client, get, post, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import World

_tenant: ContextVar[str] = ContextVar("tenant")


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    waiting: list[str] = []
    writers: list[asyncio.Task[None]] = []

    async def write() -> None:
        await world.io()
        batch, waiting[:] = list(waiting), []
        writers.clear()
        for name in batch:
            world.table(f"log of {name if correct else _tenant.get()}").add(f"done by {name}")

    async def act(request: Request) -> JSONResponse:
        name = await world.authenticated(request)
        _tenant.set(name)
        waiting.append(name)
        if not writers:
            writers.append(asyncio.create_task(write()))
        return JSONResponse({"done": True})

    async def audit(request: Request) -> JSONResponse:
        name = await world.authenticated(request)
        return JSONResponse(world.table(f"log of {name}").values())

    return service(act_post=act, audit=audit)


RACE = Race(
    name="context-variable",
    application=application,
    programme=programme(*(client(name, post("/act"), after=(get("/audit"),)) for name in "AB")),
    identity=("ownership", "content", "audit"),
    smallest=(2, 1, 0),
    silent=("act",),
)
