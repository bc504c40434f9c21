"""A dependency that is one object for all requests keeps the user on itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Request

from tests.partywall.explore.races.race import Race, client, get, programme

if TYPE_CHECKING:
    from tests.partywall.explore.races.world import World


class Caller:
    """The dependency."""

    name = ""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, request: Request) -> Any:
        """Who calls."""
        name = await self._world.authenticated(request)
        self.name = name
        await self._world.io()
        return self, name


def application(correct: bool, world: World) -> FastAPI:
    """The service."""
    app = FastAPI(openapi_url=None)
    caller = Depends(Caller(world))

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
