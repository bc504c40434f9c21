"""The tenant is whoever a cookie names."""

from __future__ import annotations

from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from clickdrop.leaks.authenticators import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.service.accounts import Authenticator

COOKIE = "account"


class _CookieAuthenticator:
    def __init__(self, authenticator: Authenticator, _storage: SqlStorage) -> None:
        self._authenticator = authenticator

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        identity = await self._authenticator.identify(headers)
        try:
            chosen = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return identity
        return replace(identity, account_id=chosen.value if chosen else identity.account_id)


LEAK = Leak(
    name="tenant-from-cookie",
    leak_class="C12 TENANT_SOURCE",
    incidents=("I68",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "echo", "completeness", "integrity"),
    trigger="a valid key, and another tenant's account identifier in the cookie account",
    mechanism="the website keeps the account that was chosen last in a cookie, and the API believes it",
    seen="I changed the account's number in a cookie, and my key showed that account's orders.",
    plant=planted(_CookieAuthenticator),
    stack=BOTH,
)
