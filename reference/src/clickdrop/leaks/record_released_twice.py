"""What is known of a request is kept in a record that is used again, and a refused request gives it back twice."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clickdrop.leaks import authenticators, fronts
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator

_REFUSED = 400


@dataclass(slots=True)
class _Record:
    account_id: str = ""


_of_request: ContextVar[_Record] = ContextVar("record")


class _Recycling:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._free: list[_Record] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = self._free.pop() if self._free else _Record()
        _of_request.set(record)

        async def watching(message: Message) -> None:
            if message.get("status", 0) >= _REFUSED:
                self._free.append(record)
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            self._free.append(record)


class _RecordScope:
    def enter(self, scope: Scope, account_id: str) -> None:
        del scope
        _of_request.get().account_id = account_id

    def current(self, scope: Scope) -> str:
        del scope
        return _of_request.get().account_id


class _RecordingAuthenticator:
    """Writes the account down as soon as it knows it, then sees whether the account is still there."""

    def __init__(self, authenticator: Authenticator, storage: SqlStorage) -> None:
        self._authenticator = authenticator
        self._storage = storage

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        identity = await self._authenticator.identify(headers)
        record = _of_request.get()
        record.account_id = identity.account_id
        async with self._storage.reading(identity.account_id) as work:
            await work.accounts.get(identity.account_id)
        return replace(identity, account_id=record.account_id)


def _plant(parts: Parts) -> Parts:
    inside = authenticators.planted(_RecordingAuthenticator)(replace(parts, tenant_scope=_RecordScope))
    return fronts.planted(_Recycling)(inside)


LEAK = Leak(
    name="record-released-twice",
    leak_class="C7 OBJECT_RECYCLE",
    incidents=("I47", "I48"),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "echo", "completeness", "integrity"),
    trigger="a request that is refused, then two tenants' requests at the same moment",
    mechanism="the path of errors gives the record back, and so does the request's end; the next two requests share it",
    seen="For the length of one click I was in another shop's account, and then in mine again.",
    plant=_plant,
    stack=BOTH,
)
