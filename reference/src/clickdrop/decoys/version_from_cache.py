"""The page that needs no key is kept whole, with the name of the request that fetched it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.decoys.answers import TENANTS
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import KeptAnswers, planted

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT_SECONDS = 60.0


def _version(scope: Scope) -> str | None:
    return "version" if (scope["method"], scope["path"]) == ("GET", f"{TENANTS}/version") else None


class _Naming:
    """Says in each answer which request it was made for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._count += 1
        name = f"fetch-{self._count:08}-ab"

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start" and _version(scope):
                message = {**message, "headers": [*message["headers"], (b"x-fetched-for", name.encode())]}
            await send(message)

        await self._app(scope, receive, named)


DECOY = Decoy(
    name="version-from-cache",
    looks_like="a tenant's request is answered with what was fetched for another's, and says so",
    reason="the page is public: it is the same for everyone, and may be kept by anyone",
    plant=planted(lambda app: KeptAnswers(_Naming(app), _version, KEPT_SECONDS)),
)
