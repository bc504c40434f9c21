"""Session numbers by reading a counter and writing it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, client, get, post, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import World


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    store = world.table("sessions")

    async def login(request: Request) -> JSONResponse:
        name = await world.authenticated(request)
        if correct:
            with world.at_once():
                number = store.get("last", 0) + 1
                store.put("last", number)
        else:
            number = store.get("last", 0) + 1
            await world.io()
            store.put("last", number)
        session = str(number)
        await world.io()
        store.put(session, name)
        response = JSONResponse({"welcome": True})
        response.set_cookie("session", session)
        return response

    async def whoami(request: Request) -> JSONResponse:
        await world.io()
        return JSONResponse({"name": store.get(request.cookies["session"])})

    return service(login_post=login, whoami=whoami)


RACE = Race(
    name="session-renewal",
    application=application,
    programme=programme(*(client(name, post("/login"), get("/whoami")) for name in "AB")),
    identity=("ownership", "content", "whoami"),
    smallest=(3, 2, 0),
    silent=("login",),
)
