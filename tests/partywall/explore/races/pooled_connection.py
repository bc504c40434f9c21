"""A request that is cancelled between its write and its read gives a connection back with the reply still to come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, authenticated, client, get, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request


class Connection:
    """A connection whose replies come in the order of its requests."""

    def __init__(self) -> None:
        self._replies: asyncio.Queue[str] = asyncio.Queue()

    async def ask(self, question: str) -> str:
        """One exchange."""
        asyncio.get_running_loop().call_later(0.001, self._replies.put_nowait, f"preferences of {question}")
        return await self._replies.get()


def application(correct: bool) -> Starlette:
    """The service."""
    pool: list[Connection] = []

    async def ask(name: str) -> str:
        connection = pool.pop() if pool else Connection()
        try:
            reply = await connection.ask(name)
        except asyncio.CancelledError:
            if not correct:
                pool.append(connection)
            raise
        pool.append(connection)
        return reply

    async def preferences(request: Request) -> JSONResponse:
        asking = asyncio.ensure_future(ask(await authenticated(request)))
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
