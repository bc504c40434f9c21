"""Work stops when its client has gone, and a request body has an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from clickdrop.adapters import safe_points
from clickdrop.api.errors import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 5 * 1024 * 1024
_PATIENCE_BYTES = 4 * MAX_BODY_BYTES


class HangUpMiddleware:
    """Cancels a request's handler when its client hangs up, but in no transaction.

    The body is read before the handler runs, which leaves the connection free to be watched, and which is where a
    body that is too large is refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        if len(body) > MAX_BODY_BYTES:
            refusal = error_response(413, "BodyTooLarge", f"Expected at most {MAX_BODY_BYTES} bytes of body.")
            await refusal(scope, receive, send)
            return
        await self._race(scope, body, receive, send)

    async def _race(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def replay() -> Message:
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        points = safe_points.begin()
        handler = asyncio.create_task(self._run(scope, replay, send))
        watcher = asyncio.ensure_future(watch())
        try:
            await asyncio.wait((handler, watcher), return_when=asyncio.FIRST_COMPLETED)
            if not handler.done():
                await points.cancel(handler)
                return
            handler.result()
        finally:
            watcher.cancel()
            handler.cancel()

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


async def _body(receive: Receive) -> bytes | None:
    """Answer the body, or a part of it longer than is allowed, or nothing if the client is gone.

    What is too long is still read, so that the client can read why it is refused, but only so much of it.
    """
    body = bytearray()
    size = 0
    while size <= _PATIENCE_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if len(body) <= MAX_BODY_BYTES:
            body += part
        if not message.get("more_body", False):
            break
    return bytes(body)
