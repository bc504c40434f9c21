"""A dependency that is one object for all requests keeps the user on itself."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI, Request

from tests.partywall.explore.races.race import Race, authenticated, client, get, io, programme


class Caller:
    """The dependency."""

    name = ""

    async def __call__(self, request: Request) -> Any:
        """Who calls."""
        name = await authenticated(request)
        self.name = name
        await io()
        return self, name


def application(correct: bool) -> FastAPI:
    """The service."""
    app = FastAPI(openapi_url=None)
    caller = Depends(Caller())

    @app.get("/me")
    async def me(found: Any = caller) -> dict[str, str]:
        shared, name = found
        return {"name": name if correct else shared.name}

    return app


RACE = Race(
    name="singleton-dependency",
    application=application,
    programme=programme(client("A", get("/me")), client("B", get("/me"))),
    identity=("ownership", "content", "me"),
    smallest=(2, 1, 0),
)
