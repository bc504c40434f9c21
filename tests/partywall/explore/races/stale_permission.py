"""A permission is read, revoked, and only then kept in the cache as it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from partywall.model import Finding, History
from tests.partywall.explore.races.race import Race, authenticated, client, get, io, post, programme, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette
    from starlette.requests import Request


def application(correct: bool) -> Starlette:
    """The service."""
    granted = {"shared": True}
    cache: dict[str, bool] = {}
    revocations: list[str] = []

    async def shared(request: Request) -> JSONResponse:
        reader = await authenticated(request)
        before = len(revocations)
        allowed = cache.get(reader)
        if allowed is None:
            allowed = granted["shared"]
            await io()
            if not correct or len(revocations) == before:
                cache[reader] = allowed
        return JSONResponse({"document": "a letter"} if allowed else {}, 200 if allowed else 403)

    async def revoke(request: Request) -> JSONResponse:
        await authenticated(request)
        granted["shared"] = False
        await io()
        revocations.append("shared")
        cache.clear()
        return JSONResponse({"revoked": True})

    return service(shared=shared, revoke_post=revoke)


def revoked_means_denied(history: History) -> Iterator[Finding]:
    """Once a revocation has been answered, a request that comes later is refused."""
    revoked = [e for e in history.exchanges if e.operation == "revoke" and e.succeeded]
    for exchange in history.exchanges:
        before = [each for each in revoked if each.returned_ns < exchange.called_ns]
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
