"""The carriers that an account has configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from clickdrop.domain.accounts import Carrier

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.ports.storage import Storage
    from clickdrop.service.cache_keys import CacheKeys
    from clickdrop.service.read_through import ReadThrough

_CARRIERS: TypeAdapter[list[Carrier]] = TypeAdapter(list[Carrier])


class Carriers:
    """The use case of carriers."""

    def __init__(self, storage: Storage, kept: ReadThrough, keys: CacheKeys) -> None:
        self._storage = storage
        self._kept = kept
        self._keys = keys

    async def all(self, account: Account) -> list[Carrier]:
        """Answer the account's carriers by name."""

        async def load() -> list[Carrier]:
            async with self._storage.reading(account.id) as work:
                return await work.accounts.carriers(account.id)

        return await self._kept.value(_CARRIERS, self._keys.carriers(account), load)
