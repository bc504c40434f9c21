"""A permission is read, revoked, and only then kept in the cache as it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

from partywall.model import Finding, History
from tests.partywall.explore.races.race import Race, client, get, post, programme, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette
    from starlette.requests import Request

    from tests.partywall.explore.races.world import Table, World


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    granted = world.table("granted")

    def of(request: Request) -> tuple[str, Table, Table]:
        document = request.query_params.get("number", "1")
        return document, world.table(f"cache of {document}"), world.table(f"revocations of {document}")

    async def shared(request: Request) -> JSONResponse:
        reader = await world.authenticated(request)
        document, cache, revocations = of(request)
        before = revocations.values()
        allowed = cache.get(reader)
        if allowed is None:
            allowed = granted.get(document, True)
            await world.io()
            with world.at_once():
                if not correct or revocations.values() == before:
                    cache.put(reader, allowed)
        return JSONResponse({"document": "a letter"} if allowed else {}, 200 if allowed else 403)

    async def revoke(request: Request) -> JSONResponse:
        await world.authenticated(request)
        document, cache, revocations = of(request)
        granted.put(document, False)
        await world.io()
        with world.at_once():
            revocations.add(document)
            cache.clear()
        return JSONResponse({"revoked": True})

    return service(shared=shared, revoke_post=revoke)


def revoked_means_denied(history: History) -> Iterator[Finding]:
    """Once a revocation has been answered, a request that comes later is refused."""
    revoked = [e for e in history.exchanges if e.operation == "revoke" and e.succeeded]
    for exchange in history.exchanges:
        same = [each for each in revoked if urlsplit(each.url).query == urlsplit(exchange.url).query]
        before = [each for each in same if each.returned_ns < exchange.called_ns]
        if exchange.operation == "shared" and exchange.succeeded and before:
            yield Finding(
                *("revocation", "still-allowed", "shared", "body"),
                owner=history.label(before[0].tenant),
                viewer=history.label(exchange.tenant),
                value="a letter",
                rule=f"exchange {before[0].number} revoked it before",
                place="/document",
                exchange=exchange.number,
                since=before[0].number,
            )


RACE = Race(
    name="stale-permission",
    application=application,
    programme=programme(client("A", post("/revoke")), client("B", get("/shared"), after=(get("/shared"),))),
    identity=("revocation", "still-allowed", "shared"),
    smallest=(2, 1, 0),
    silent=("revoke", "shared"),
    checks=(revoked_means_denied,),
)
