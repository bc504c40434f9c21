"""What leaks in the authentication build on: an authenticator around another one, which may have a leak of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator


def planted(around: Callable[[Authenticator, SqlStorage], Authenticator]) -> Callable[[Parts], Parts]:
    """Answer how to put an authenticator around the one that the parts have."""

    def plant(parts: Parts) -> Parts:
        inner = parts.authenticator
        return replace(parts, authenticator=lambda storage: around(inner(storage), storage))

    return plant


class _Believing:
    def __init__(self, authenticator: Authenticator, header: str) -> None:
        self._authenticator = authenticator
        self._header = header

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        identity = await self._authenticator.identify(headers)
        return replace(identity, account_id=headers.get(self._header) or identity.account_id)


def believing(header: str) -> Callable[[Parts], Parts]:
    """Answer how to have a key checked, and then any account believed that the header names."""
    return planted(lambda authenticator, _storage: _Believing(authenticator, header))
