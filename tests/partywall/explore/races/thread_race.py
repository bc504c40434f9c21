"""A synchronous endpoint in a thread pool keeps the tenant in an object that threads share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from tests.partywall.explore.races.race import Race, client, get, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import World


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    legacy: dict[str, str] = {}

    def invoice(request: Request) -> JSONResponse:
        name = world.name(request)
        legacy["tenant"] = name
        world.blocking_io()
        shown = name if correct else legacy["tenant"]
        return JSONResponse({"of": shown})

    return service(invoice=invoice)


RACE = Race(
    name="thread-race",
    application=application,
    programme=programme(client("A", get("/invoice")), client("B", get("/invoice"))),
    identity=("ownership", "content", "invoice"),
    smallest=(2, 1, 0),
    lines=(__file__,),
)
