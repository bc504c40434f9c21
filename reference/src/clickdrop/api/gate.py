"""Nothing of a tenant's leaves a platform that is closed, whoever is about to send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.api.errors import error_response
from clickdrop.domain.status import OPEN_PATHS, OPEN_PREFIXES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clickdrop.domain.status import Gate

CODE, MESSAGE = "PlatformClosed", "The platform is closed as a protective measure: /status says more."


class _Closed(Exception):
    """The platform was closed while a response was on its way."""


class GateMiddleware:
    """Asks whether the platform is closed before a request is carried out, and again before each part of its answer.

    An answer that has not begun becomes a refusal; one that has is cut off, which its client sees.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_PREFIXES):
            await self._app(scope, receive, send)
            return
        if await self._gate.is_closed():
            await _refuse(scope, receive, send)
            return
        held: Message | None = None
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal held, begun
            if message["type"] == "http.response.start":
                held = message
                return
            if await self._gate.is_closed():
                raise _Closed
            if held is not None:
                head, held, begun = held, None, True
                await send(head)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except _Closed:
            if not begun:
                await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await error_response(503, CODE, MESSAGE)(scope, receive, send)
