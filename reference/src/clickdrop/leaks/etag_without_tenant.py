"""Answers to GET may be kept by anyone, and their validator is made of the URL alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from clickdrop.leaks.fronts import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OK, _NOT_MODIFIED = 200, 304


class _Validating:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        url = scope["path"].encode() + b"?" + scope["query_string"]
        tag = f'"{hashlib.blake2s(url, digest_size=8).hexdigest()}"'
        known = Headers(scope=scope).get("if-none-match") == tag
        status = 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status == _OK:
                    headers = MutableHeaders(raw=message["headers"])
                    headers["Cache-Control"] = "public, max-age=0"
                    headers["ETag"] = tag
                    if known:
                        message["status"] = _NOT_MODIFIED
                        del headers["content-length"]
            elif known and status == _OK:
                message["body"] = b""
            await send(message)

        await self._app(scope, receive, sent)


LEAK = Leak(
    name="etag-without-tenant",
    leak_class="C1 EDGE_CACHE",
    incidents=("I05", "I10"),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("cache-discipline",),
    trigger="one tenant's validator in another's If-None-Match, as a shared cache sends it to ask whether it may reuse",
    mechanism="the validator is made of the URL alone, so that 304 confirms somebody else's copy of the list",
    seen="I was told that the copy which I had of the list was still good, and it was another shop's list.",
    plant=planted(_Validating),
    stack=BOTH,
)
