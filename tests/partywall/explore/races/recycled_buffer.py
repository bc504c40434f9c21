"""A response's buffer goes back to the pool before its bytes are on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from tests.partywall.explore.races.race import Race, client, get, programme, service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from tests.partywall.explore.races.world import World

_BYTES = 64


class BufferResponse(Response):
    """Sends a buffer, then has it recycled."""

    def __init__(self, buffer: bytearray, length: int, spare: list[bytearray]) -> None:
        super().__init__(media_type="text/plain")
        self.headers["content-length"] = str(length)
        self._buffer, self._length, self._spare = buffer, length, spare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self._buffer[: self._length])})
        if self._buffer not in self._spare:
            self._spare.append(self._buffer)


def application(correct: bool, world: World) -> Starlette:
    """The service."""
    spare: list[bytearray] = []

    async def export(request: Request) -> Response:
        text = (await world.authenticated(request)).encode()
        buffer = spare.pop() if spare else bytearray(_BYTES)
        buffer[: len(text)] = text
        if not correct:
            spare.append(buffer)
        return BufferResponse(buffer, len(text), spare)

    return service(export=export)


RACE = Race(
    name="recycled-buffer",
    application=application,
    programme=programme(client("A", get("/export")), client("B", get("/export"))),
    identity=("ownership", "content", "export"),
    smallest=(2, 1, 0),
)
