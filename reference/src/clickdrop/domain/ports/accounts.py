"""The accounts, what belongs to them as a whole, and what was read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from clickdrop.domain.accounts import Account, AccountKind, Carrier, Identity
    from clickdrop.domain.audit import Read


class AccountStore(Protocol):
    """Accounts, and what belongs to them as a whole."""

    async def identify(self, key_digest: str) -> Identity | None:
        """Answer who holds the API key with this digest."""
        ...

    async def get(self, account_id: str) -> Account | None:
        """Answer an account as it is now."""
        ...

    async def all(self) -> list[Account]:
        """Answer all accounts, in the order in which they were made."""
        ...

    async def with_work_due(self, now: datetime, count: int) -> list[str]:
        """Answer so many of the accounts that have a job to be done by now, those that wait longest first."""
        ...

    async def add(self, name: str, kind: AccountKind, *, channel_shipper: bool) -> Account:
        """Add an account."""
        ...

    async def add_user(self, account_id: str, email: str, name: str) -> str:
        """Add a user and answer its identifier."""
        ...

    async def has_user(self, account_id: str, user_id: str) -> bool:
        """Tell whether the user is one of the account's."""
        ...

    async def add_key(self, account_id: str, key_digest: str, user_id: str | None) -> str:
        """Add an API key and answer its identifier."""
        ...

    async def delete_key(self, account_id: str, key_id: str) -> bool:
        """Revoke an API key; false if the account has none with this identifier."""
        ...

    async def add_carrier(self, account_id: str, carrier: Carrier) -> None:
        """Configure a carrier."""
        ...

    async def carriers(self, account_id: str) -> list[Carrier]:
        """Answer the account's carriers by name."""
        ...


class AuditStore(Protocol):
    """What was read of all accounts, each method on one of them."""

    async def add(self, read: Read) -> None:
        """Write down a read."""
        ...

    async def of_credential(
        self, account_id: str, credential_id: str, start: datetime, end: datetime, count: int
    ) -> list[Read]:
        """Answer so many reads of the account's by a credential, from `start` until before `end`, oldest first."""
        ...
