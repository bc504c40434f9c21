"""Requests that come while a cache is being filled share what fills it, under a key without the tenant."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, client, get, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import World


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    filling: dict[str, asyncio.Future[str]] = {}

    async def summary(request: Request) -> JSONResponse:
        name = await world.authenticated(request)
        key = name if correct else "summary"
        if key not in filling:
            filling[key] = asyncio.get_running_loop().create_future()
            await world.io()
            filling.pop(key).set_result(result := name)
        else:
            result = await filling[key]
        return JSONResponse({"of": result})

    return service(summary=summary)


RACE = Race(
    name="cache-fill",
    application=application,
    programme=programme(client("A", get("/summary")), client("B", get("/summary"))),
    identity=("ownership", "content", "summary"),
    smallest=(2, 1, 0),
)
