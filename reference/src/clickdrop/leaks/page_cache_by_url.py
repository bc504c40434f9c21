"""A cache in front of everything keeps answers by their URL."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT_SECONDS = 2.0
_OK = 200


class _PageCache:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[float, list[Message]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        url = f"{scope['path']}?{scope['query_string'].decode()}"
        until, messages = self._kept.get(url, (0.0, []))
        if time.monotonic() < until:
            for message in messages:
                await send({**message})
            return
        answer: list[Message] = []

        async def keeping(message: Message) -> None:
            answer.append({**message, "headers": list(message.get("headers", ()))})
            await send(message)

        await self._app(scope, receive, keeping)
        if answer and answer[0].get("status") == _OK and not answer[-1].get("more_body"):
            self._kept[url] = (time.monotonic() + KEPT_SECONDS, answer)


LEAK = Leak(
    name="page-cache-by-url",
    leak_class="C1 EDGE_CACHE",
    incidents=("I03", "I08", "I11"),
    difficulty=Difficulty.WARM_UP,
    trigger="one tenant's GET, then another's of the same URL within two seconds",
    mechanism="a page cache stands before the authentication and keeps what the answer said is private",
    plant=lambda parts: replace(parts, front=_PageCache),
    stack=BOTH,
)
