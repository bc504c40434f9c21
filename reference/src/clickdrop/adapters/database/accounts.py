"""Accounts, users, API keys and carriers in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from clickdrop.adapters.database.tables import accounts, api_keys, carriers, users
from clickdrop.domain.accounts import Account, AccountKind, Carrier, Identity

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


class SqlAccounts:
    """The port `AccountStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def identify(self, key_digest: str) -> Identity | None:
        """Answer who holds the API key with this digest."""
        statement = select(api_keys.c.account_id, api_keys.c.id).where(api_keys.c.digest == key_digest)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else Identity(account_id=row.account_id, key_id=row.id)

    async def get(self, account_id: str) -> Account | None:
        """Answer an account as it is now."""
        row = (await self._connection.execute(select(accounts).where(accounts.c.id == account_id))).one_or_none()
        return None if row is None else account_of(row)

    async def all(self) -> list[Account]:
        """Answer all accounts, in the order in which they were made."""
        statement = select(accounts).order_by(accounts.c.serial)
        return [account_of(row) for row in await self._connection.execute(statement)]

    async def with_work_due(self, now: datetime, count: int) -> list[str]:
        """Answer so many of the accounts that have a job to be done by now, those that wait longest first."""
        due = accounts.c.work_due_on
        statement = select(accounts.c.id).where(due <= now).order_by(due, accounts.c.serial).limit(count)
        return list((await self._connection.scalars(statement)).all())

    async def add(self, name: str, kind: AccountKind, *, channel_shipper: bool) -> Account:
        """Add an account."""
        account = Account(id=str(uuid4()), name=name, kind=kind, channel_shipper=channel_shipper, revision=0)
        await self._connection.execute(
            insert(accounts).values(
                id=account.id, name=name, kind=kind.value, channel_shipper=channel_shipper, revision=0
            )
        )
        return account

    async def add_user(self, account_id: str, email: str, name: str) -> str:
        """Add a user and answer its identifier."""
        user_id = str(uuid4())
        values = {"id": user_id, "account_id": account_id, "email": email, "name": name}
        await self._connection.execute(insert(users).values(values))
        return user_id

    async def has_user(self, account_id: str, user_id: str) -> bool:
        """Tell whether the user is one of the account's."""
        statement = select(users.c.id).where(users.c.id == user_id, users.c.account_id == account_id)
        return await self._connection.scalar(statement) is not None

    async def add_key(self, account_id: str, key_digest: str, user_id: str | None) -> str:
        """Add an API key and answer its identifier."""
        key_id = str(uuid4())
        values = {"id": key_id, "account_id": account_id, "digest": key_digest, "user_id": user_id}
        await self._connection.execute(insert(api_keys).values(values))
        return key_id

    async def delete_key(self, account_id: str, key_id: str) -> bool:
        """Revoke an API key; false if the account has none with this identifier."""
        statement = delete(api_keys).where(api_keys.c.id == key_id, api_keys.c.account_id == account_id)
        return (await self._connection.execute(statement)).rowcount > 0

    async def add_carrier(self, account_id: str, carrier: Carrier) -> None:
        """Configure a carrier."""
        await self._connection.execute(
            insert(carriers).values(
                guid=str(carrier.guid),
                account_id=account_id,
                name=carrier.name,
                status=carrier.status,
                type=carrier.type,
            )
        )

    async def carriers(self, account_id: str) -> list[Carrier]:
        """Answer the account's carriers by name."""
        statement = select(carriers).where(carriers.c.account_id == account_id).order_by(carriers.c.name)
        rows = await self._connection.execute(statement)
        return [Carrier(UUID(row.guid), row.name, row.status, row.type) for row in rows]


def account_of(row: Row[Any]) -> Account:
    """Read an account from its row."""
    return Account(
        id=row.id,
        name=row.name,
        kind=AccountKind(row.kind),
        channel_shipper=row.channel_shipper,
        revision=row.revision,
    )
