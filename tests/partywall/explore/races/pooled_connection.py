"""A request that is cancelled between its write and its read gives a connection back with the reply still to come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, client, get, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import Link, World


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    pool: list[Link] = []

    async def ask(name: str) -> str:
        connection = pool.pop() if pool else await world.link()
        try:
            reply = await connection.ask(f"preferences of {name}")
        except asyncio.CancelledError:
            if not correct:
                pool.append(connection)
            raise
        pool.append(connection)
        return reply

    async def preferences(request: Request) -> JSONResponse:
        asking = asyncio.ensure_future(ask(await world.authenticated(request)))
        gone = asyncio.ensure_future(request.receive())
        while True:
            await asyncio.wait({asking, gone}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                gone.cancel()
                return JSONResponse({"of": asking.result()})
            if gone.result()["type"] == "http.disconnect":
                asking.cancel()
                return JSONResponse({}, 499)
            gone = asyncio.ensure_future(request.receive())

    return service(preferences=preferences)


RACE = Race(
    name="pooled-connection",
    application=application,
    programme=programme(client("A", get("/preferences")), client("B", get("/preferences"))),
    identity=("ownership", "content", "preferences"),
    smallest=(2, 0, 1),
)
