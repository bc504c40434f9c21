"""Each tenant has a database of Valkey's to itself, of which there are sixteen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from valkey.asyncio import Valkey

from clickdrop.adapters.valkey import ValkeyCache
from clickdrop.leaks import cache_keys
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.paging import OrderQuery
    from clickdrop.domain.ports.cache import Cache
    from clickdrop.parts import Parts

DATABASES = 16


def database_of(account_id: str) -> int:
    """Answer which database an account has."""
    return crc32(account_id.encode()) % DATABASES


class _Keys(cache_keys.KeysAround):
    def orders(self, account: Account, query: OrderQuery) -> str:
        return f"{database_of(account.id)}/orders:{account.revision}:{query!r}"


class _Databases:
    def __init__(self, inner: ValkeyCache) -> None:
        self._inner = inner
        path = inner.pool.connection_kwargs["path"]
        self._databases = [Valkey(unix_socket_path=path, db=number) for number in range(DATABASES)]

    async def get(self, key: str) -> bytes | None:
        number, found, name = key.partition("/")
        if not (found and number.isdecimal()):
            return await self._inner.get(key)
        value: bytes | None = await self._databases[int(number)].get(name)
        return value

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        number, found, name = key.partition("/")
        if not (found and number.isdecimal()):
            await self._inner.set(key, value, seconds)
        elif seconds > 0:
            await self._databases[int(number)].set(name, value, px=int(seconds * 1000))

    async def check(self) -> None:
        await self._inner.check()

    async def aclose(self) -> None:
        for database in self._databases:
            await database.aclose()
        await self._inner.aclose()


def _plant(parts: Parts) -> Parts:
    def make() -> Cache:
        cache = parts.cache()
        return _Databases(cache) if isinstance(cache, ValkeyCache) else cache

    return replace(cache_keys.planted(_Keys)(parts), cache=make)


LEAK = Leak(
    name="valkey-database-by-tenant",
    leak_class="C9 NAME_COLLISION",
    incidents=("I17", "I53"),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="two tenants of one database, one pair in sixteen, who have changed as often, send the same list request",
    mechanism="keys leave out the account, since a database is one tenant's; its number is a hash that others have too",
    seen="Now and then my list of orders was another shop's, and it was the same shop's each time.",
    plant=_plant,
    stack=PRODUCTION,
)
