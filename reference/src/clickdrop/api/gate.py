"""Nothing of a tenant's leaves a platform that is closed, whoever is about to send it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from clickdrop.api.errors import error_response
from clickdrop.domain.status import OPEN_PATHS, OPEN_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clickdrop.domain.status import Gate

_CLOSED = ("PlatformClosed", "The platform is closed as a protective measure: /status says more.")
_UNKNOWN = ("Unavailable", "The service is not available: /status says more.")
_PART_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


class _Closed(Exception):
    """The platform is closed, or nobody knows that it is open; why, as an error object has it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


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
        held: Message | None = None
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal held, begun
            if message["type"] == "http.response.start":
                held = message
                return
            for part in _parts(message):
                await self._check()
                if held is not None:
                    head, held, begun = held, None, True
                    await send(head)
                await send(part)

        try:
            await self._check()
            await self._app(scope, receive, guarded)
        except _Closed as closed:
            if not begun:
                await error_response(503, closed.code, closed.message)(scope, receive, send)

    async def _check(self) -> None:
        """Raise `_Closed` unless the platform is known to be open."""
        try:
            closed = await self._gate.is_closed()
        except Exception as error:
            _log.warning("the gate cannot be read: %r", error)
            raise _Closed(*_UNKNOWN) from error
        if closed:
            raise _Closed(*_CLOSED)


def _parts(message: Message) -> Iterator[Message]:
    """Cut a piece of an answer up, since a client that reads slowly may take minutes over it."""
    body = message.get("body", b"")
    last = max(0, len(body) - 1) // _PART_BYTES
    for number in range(last + 1):
        part = body[number * _PART_BYTES : (number + 1) * _PART_BYTES]
        yield {**message, "body": part, "more_body": number < last or message.get("more_body", False)}
