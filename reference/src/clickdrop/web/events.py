"""How orders come along, as server-sent events for the page that shows them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from clickdrop.api.errors import error_response
from clickdrop.domain.errors import RefusedRequest
from clickdrop.web.admission import COOKIE, member_page, platform_of
from clickdrop.web.pages import HEADERS, STATUS_WORDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from clickdrop.domain.orders import OrderStatus
    from clickdrop.domain.users import Member

STREAMS_OF_ACCOUNT_MAX = 10
STREAMS_MAX = 200
_LOOK_SECONDS = 1.0
_LOOKS_MAX = 300
_BEATS_EVERY = 15

_HEADERS = {**HEADERS, "X-Accel-Buffering": "no"}


class Streams:
    """How many streams a process has open, by account."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def has_room(self, account_id: str) -> bool:
        """Tell whether the account may open another one."""
        return self._open[account_id] < STREAMS_OF_ACCOUNT_MAX and self._open.total() < STREAMS_MAX

    def enter(self, account_id: str) -> None:
        """Count a stream."""
        self._open[account_id] += 1

    def leave(self, account_id: str) -> None:
        """Count a stream no longer."""
        self._open -= Counter({account_id: 1})


class _CountedResponse(StreamingResponse):
    """A stream that is counted for as long as it is sent, in whatever way that ends."""

    def __init__(self, content: AsyncIterator[str], streams: Streams, account_id: str) -> None:
        super().__init__(content, 200, _HEADERS, "text/event-stream")
        self._streams = streams
        self._account_id = account_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._streams.enter(self._account_id)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave(self._account_id)


async def events(request: Request, member: Member) -> Response:
    """Tell how the account's newest orders come along: all of them first, and then each that has changed."""
    streams: Streams = request.app.state.streams
    if not streams.has_room(member.account.id):
        return error_response(429, "TooManyStreams", "Too many pages listen already: close some.")
    return _CountedResponse(_events(request, member), streams, member.account.id)


async def _events(request: Request, member: Member) -> AsyncIterator[str]:
    platform, secret = platform_of(request), request.cookies[COOKIE]
    known: dict[int, OrderStatus] = {}
    revision = -1
    yield ": these are statuses of orders\n\n"
    for look in range(_LOOKS_MAX):
        try:
            # Each time anew, so that a stream ends with its session, and with the role that it needs.
            session = await platform.sign_in.find(secret)
            now = await platform.sign_in.member(session, member.account.id)
            if now.account.revision != revision:
                revision = now.account.revision
                changed = await platform.desk.progress(now, known)
                for identifier, status in changed.items():
                    yield _event(identifier, status)
                known |= changed
        except RefusedRequest:
            return
        if look % _BEATS_EVERY == _BEATS_EVERY - 1:
            yield ": still here\n\n"
        await asyncio.sleep(_LOOK_SECONDS)


def _event(identifier: int, status: OrderStatus) -> str:
    data = {"identifier": identifier, "status": status, "words": STATUS_WORDS[status]}
    return f"event: status\ndata: {json.dumps(data)}\n\n"


ROUTES = (member_page("/orders/events", events),)
