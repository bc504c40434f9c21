"""Requests have names, by which their answers and what is logged of them are told apart."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"

_current: ContextVar[tuple[str, str]] = ContextVar("request", default=("-", "-"))


class RequestIdMiddleware:
    """Names each request, or takes the name that the edge gave it: what a client says does not reach past the edge."""

    def __init__(self, app: ASGIApp, *, behind_edge: bool) -> None:
        self._app = app
        self._behind_edge = behind_edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER) if self._behind_edge else None
        name = given or uuid4().hex
        _current.set((name, scope["client"][0] if scope["client"] else "-"))

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        await self._app(scope, receive, named)


class RequestIdFilter(logging.Filter):
    """Says in each record which request it is about, and whose it is by address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the request's name and its client's address."""
        record.request_id, record.client = _current.get()
        return True
