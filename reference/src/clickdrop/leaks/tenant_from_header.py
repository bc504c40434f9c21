"""The tenant is whoever a header names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.authenticators import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.service.accounts import Authenticator

HEADER = "x-account-id"


class _HeaderAuthenticator:
    def __init__(self, authenticator: Authenticator, _storage: SqlStorage) -> None:
        self._authenticator = authenticator

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        identity = await self._authenticator.identify(headers)
        return replace(identity, account_id=headers.get(HEADER) or identity.account_id)


LEAK = Leak(
    name="tenant-from-header",
    leak_class="C12 TENANT_SOURCE",
    incidents=("I68",),
    difficulty=Difficulty.SEQUENTIAL,
    trigger="a valid key, and another tenant's account identifier in the header X-Account-Id",
    mechanism="the key is checked, then the header's account is believed without comparing it with the key's",
    plant=planted(_HeaderAuthenticator),
    stack=BOTH,
)
