"""An idempotency key is looked up, and kept only after the payment."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from partywall.model import Finding, History
from tests.partywall.explore.races.race import Race, client, get, post, programme, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import World

PAY = post("/pay")


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    known = world.table("known")

    async def pay(request: Request) -> JSONResponse:
        name = await world.authenticated(request)
        payment = [name, order(request)]
        key = str(payment)
        with world.at_once():
            if known.get(key):
                return JSONResponse({"paid": "before"})
            if correct:
                known.put(key, True)
        await world.io()
        world.table(f"payments {key}").add(payment)
        known.put(key, True)
        return JSONResponse({"paid": "now"})

    async def list_payments(request: Request) -> JSONResponse:
        name = await world.authenticated(request)
        return JSONResponse(world.table(f"payments {[name, order(request)]}").values())

    return service(pay_post=pay, payments=list_payments)


def order(request: Request) -> str:
    """The one that is paid for."""
    return f"order {request.query_params.get('number', '1')}"


def paid_once(history: History) -> Iterator[Finding]:
    """However often a client tries again, an order is paid for once."""
    for exchange in history.exchanges:
        if exchange.operation == "payments" and exchange.succeeded:
            for (name, paid), times in Counter(map(tuple, json.loads(exchange.body))).items():
                if times > 1:
                    label = history.label(exchange.tenant)
                    yield Finding(
                        *("exactly-once", "paid-twice", "payments", "body", label, label),
                        value=paid,
                        rule=f"{name} was charged {times} times",
                        place="",
                        exchange=exchange.number,
                    )


RACE = Race(
    name="double-payment",
    application=application,
    programme=programme(client("A", PAY, after=(get("/payments"),)), client("A2", PAY)),
    identity=("exactly-once", "paid-twice", "payments"),
    smallest=(2, 1, 0),
    silent=("pay",),
    checks=(paid_once,),
)
