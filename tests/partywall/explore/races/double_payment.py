"""An idempotency key is looked up, and kept only after the payment."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from partywall.model import Finding, History
from tests.partywall.explore.races.race import Race, authenticated, client, get, io, post, programme, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette
    from starlette.requests import Request

PAY = post("/pay")


def application(correct: bool) -> Starlette:
    """The service."""
    known: set[str] = set()
    payments: list[list[str]] = []

    async def pay(request: Request) -> JSONResponse:
        name = await authenticated(request)
        if name in known:
            return JSONResponse({"paid": "before"})
        if correct:
            known.add(name)
        await io()
        payments.append([name, "order 1"])
        known.add(name)
        return JSONResponse({"paid": "now"})

    async def list_payments(request: Request) -> JSONResponse:
        name = await authenticated(request)
        return JSONResponse([payment for payment in payments if payment[0] == name])

    return service(pay_post=pay, payments=list_payments)


def paid_once(history: History) -> Iterator[Finding]:
    """However often a client tries again, an order is paid for once."""
    for exchange in history.exchanges:
        if exchange.operation == "payments" and exchange.succeeded:
            for (name, order), times in Counter(map(tuple, json.loads(exchange.body))).items():
                if times > 1:
                    label = history.label(exchange.tenant)
                    yield Finding(
                        *("exactly-once", "paid-twice", "payments", "body", label, label),
                        value=order,
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
