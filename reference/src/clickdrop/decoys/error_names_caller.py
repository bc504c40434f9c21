"""The answer that an order does not exist names who asked, and repeats what for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.decoys.decoy import Decoy

if TYPE_CHECKING:
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.parts import Parts


class _Naming:
    async def describe(self, account: Account, wanted: OrderIdentifiers) -> str:
        named = ", ".join([*map(str, wanted.identifiers), *wanted.references])
        return f"{account.name} (account {account.id}) has no order {named}."


def _missing(_storage: SqlStorage) -> _Naming:
    return _Naming()


def _plant(parts: Parts) -> Parts:
    return replace(parts, missing_orders=_missing)


DECOY = Decoy(
    name="error-names-caller",
    looks_like="an error shows a tenant's name, its account and another's order",
    reason="the name and the account are the caller's own, and the order is what the caller itself has just said",
    plant=_plant,
)
