"""Session numbers by reading a counter and writing it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, authenticated, client, get, io, post, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request


def application(correct: bool) -> Starlette:
    """The service."""
    store: dict[str, str] = {"last": "0"}

    async def login(request: Request) -> JSONResponse:
        name = await authenticated(request)
        last = int(store["last"])
        if not correct:
            await io()
        store["last"] = session = str(last + 1)
        await io()
        store[session] = name
        response = JSONResponse({"welcome": True})
        response.set_cookie("session", session)
        return response

    async def whoami(request: Request) -> JSONResponse:
        await io()
        return JSONResponse({"name": store[request.cookies["session"]]})

    return service(login_post=login, whoami=whoami)


RACE = Race(
    name="session-renewal",
    application=application,
    programme=programme(*(client(name, post("/login"), get("/whoami")) for name in "AB")),
    identity=("ownership", "content", "whoami"),
    smallest=(3, 2, 0),
    silent=("login",),
)
