"""Whose a key is, is kept under the key's first characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.authenticators import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak
from clickdrop.service.accounts import bearer_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.service.accounts import Authenticator

PREFIX_CHARS = 2


class _RememberingAuthenticator:
    def __init__(self, authenticator: Authenticator, _storage: SqlStorage) -> None:
        self._authenticator = authenticator
        self._kept: dict[str, Identity] = {}

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        identity = await self._authenticator.identify(headers)
        prefix = bearer_token(headers.get("authorization", ""))[:PREFIX_CHARS]
        return self._kept.setdefault(prefix, identity)


LEAK = Leak(
    name="identity-by-key-prefix",
    leak_class="C2 APP_CACHE_KEY",
    incidents=("I17", "I18"),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "echo", "completeness", "integrity"),
    trigger="two tenants whose keys begin with the same two characters, one pair in 256",
    mechanism="the key is checked; whose it is, is remembered under its beginning, thought to be enough of it",
    seen="My key opened another shop's account, day after day, and never my own.",
    plant=planted(_RememberingAuthenticator),
    stack=BOTH,
)
