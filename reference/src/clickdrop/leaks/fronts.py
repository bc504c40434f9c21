"""What leaks before the whole application build on: a front behind the one that the parts have, and one that keeps
answers."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clickdrop.parts import Parts

_SUCCESSES = range(200, 300)


def planted(front: Callable[[ASGIApp], ASGIApp]) -> Callable[[Parts], Parts]:
    """Answer how to put a front behind the one that the parts have, if they have one."""

    def plant(parts: Parts) -> Parts:
        before = parts.front
        return replace(parts, front=front if before is None else lambda app: before(front(app)))

    return plant


class KeptAnswers:
    """Keeps whole answers that succeeded for so many seconds, under the names of their requests; `None` names none."""

    def __init__(self, app: ASGIApp, name_of: Callable[[Scope], str | None], seconds: float) -> None:
        self._app = app
        self._name_of = name_of
        self._seconds = seconds
        self._kept: dict[str, tuple[float, list[Message]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is kept, or have it answered and keep that."""
        name = self._name_of(scope) if scope["type"] == "http" else None
        if name is None:
            await self._app(scope, receive, send)
            return
        until, messages = self._kept.get(name, (0.0, []))
        if time.monotonic() < until:
            for message in messages:
                await send({**message})
            return
        answer: list[Message] = []

        async def keeping(message: Message) -> None:
            answer.append({**message, "headers": list(message.get("headers", ()))})
            await send(message)

        await self._app(scope, receive, keeping)
        if answer and answer[0].get("status") in _SUCCESSES and not answer[-1].get("more_body"):
            self._kept[name] = (time.monotonic() + self._seconds, answer)
