"""The current tenant is kept in a global of a module."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.authenticators import planted
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator

_current = ""


class _GlobalTenantScope:
    def enter(self, scope: Scope, account_id: str) -> None:
        """Do nothing: authentication has set it."""

    def current(self, scope: Scope) -> str:
        del scope
        return _current


class _SettingAuthenticator:
    """Sets the global as soon as it knows the account, then sees whether the account is still there."""

    def __init__(self, authenticator: Authenticator, storage: SqlStorage) -> None:
        self._authenticator = authenticator
        self._storage = storage

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        global _current
        identity = await self._authenticator.identify(headers)
        _current = identity.account_id
        async with self._storage.reading(identity.account_id) as work:
            await work.accounts.get(identity.account_id)
        return identity


def _plant(parts: Parts) -> Parts:
    return replace(planted(_SettingAuthenticator)(parts), tenant_scope=_GlobalTenantScope)


LEAK = Leak(
    name="tenant-in-module-global",
    leak_class="C6 AMBIENT_CTX",
    incidents=("I02", "I44", "I45"),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "echo", "completeness", "integrity"),
    trigger="requests of two tenants that overlap",
    mechanism="authentication sets a global, which is read after the database has been waited for",
    seen="At a busy moment I asked for my orders, and was answered as if I were another shop.",
    plant=_plant,
    stack=BOTH,
)
