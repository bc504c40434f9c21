"""The current user in a global, set by authentication, read after a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, client, get, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import World


class Current:
    """What the module remembers."""

    user = ""


def application(correct: bool, world: World) -> Starlette:
    """The service."""

    async def orders(request: Request) -> JSONResponse:
        mine = await world.authenticated(request)
        Current.user = mine
        await world.io()
        return JSONResponse({"of": mine if correct else Current.user})

    Current.user = ""
    return service(orders=orders)


RACE = Race(
    name="shared-global",
    application=application,
    programme=programme(client("A", get("/orders")), client("B", get("/orders"))),
    identity=("ownership", "content", "orders"),
    smallest=(2, 1, 0),
)
