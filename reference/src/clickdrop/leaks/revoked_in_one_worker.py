"""Each worker keeps whose a key is, and a revocation reaches the worker that it was sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks import authenticators, fronts
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator


def _plant(parts: Parts) -> Parts:
    kept: dict[str, Identity] = {}

    class _CachingAuthenticator:
        def __init__(self, authenticator: Authenticator, _storage: SqlStorage) -> None:
            self._authenticator = authenticator

        async def identify(self, headers: Mapping[str, str]) -> Identity:
            key = headers.get("authorization", "")
            if key not in kept:
                kept[key] = await self._authenticator.identify(headers)
            return kept[key]

    class _Forgetting:
        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self._app(scope, receive, send)
            if scope["type"] == "http" and scope["method"] == "DELETE" and "/keys/" in scope["path"]:
                kept.clear()

    return fronts.planted(_Forgetting)(authenticators.planted(_CachingAuthenticator)(parts))


LEAK = Leak(
    name="revoked-in-one-worker",
    leak_class="C14 STALE_AUTHZ",
    incidents=("I72",),
    difficulty=Difficulty.REVOCATION,
    shows_by=("staleness",),
    trigger="a key that is used at both workers, revoked, and used again more than once",
    mechanism="identities are kept in each process, and only the one that carries out the revocation forgets them",
    seen="The key that I had withdrawn was refused, then let in, then refused again.",
    plant=_plant,
    stack=PRODUCTION,
)
