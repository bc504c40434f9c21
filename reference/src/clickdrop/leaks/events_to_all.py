"""Events are published to all who listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.fronts import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/orders/events"
_OK = 200


class _Channel:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._listening: list[Send] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return

        async def publish(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _OK:
                await send(message)
                self._listening.append(send)
            elif message.get("more_body"):
                for each in list(self._listening):
                    await each({**message})
            else:
                await send(message)

        try:
            await self._app(scope, receive, publish)
        finally:
            if send in self._listening:
                self._listening.remove(send)


LEAK = Leak(
    name="events-to-all",
    leak_class="C10 ASYNC_DELIVERY",
    incidents=("I23", "I61"),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership",),
    trigger="users of two tenants have the page of orders open at the same time",
    mechanism="there is one channel, to which all streams of a worker publish what they have found and all listen",
    seen="The page of orders that I had left open told me of each order that another shop took.",
    plant=planted(_Channel),
    stack=BOTH,
)
