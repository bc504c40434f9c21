"""Whose a key is, is kept for a minute from its last use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from clickdrop.leaks.authenticators import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.service.accounts import Authenticator

KEPT_SECONDS = 60


class _CachingAuthenticator:
    def __init__(self, authenticator: Authenticator, _storage: SqlStorage) -> None:
        self._authenticator = authenticator
        self._kept: dict[str, tuple[Identity, float]] = {}

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        key = headers.get("authorization", "")
        kept = self._kept.get(key)
        if kept and time.monotonic() < kept[1]:
            identity = kept[0]
        else:
            identity = await self._authenticator.identify(headers)
        self._kept[key] = (identity, time.monotonic() + KEPT_SECONDS)
        return identity


LEAK = Leak(
    name="revoked-key-cached",
    leak_class="C14 STALE_AUTHZ",
    incidents=("I71", "I72"),
    difficulty=Difficulty.REVOCATION,
    shows_by=("staleness",),
    trigger="a key that is used, revoked, and used again within a minute of its last use",
    mechanism="the cache of identities is not told of revocations, and each use of an entry prolongs it",
    seen="I withdrew the key of a former colleague, who went on reading my orders with it.",
    plant=planted(_CachingAuthenticator),
    stack=BOTH,
)
