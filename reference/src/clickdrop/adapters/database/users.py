"""Users, their log-ins and links, and API keys as users see them, in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from clickdrop.adapters.database.tables import api_keys, logins, one_time_links, sessions, users
from clickdrop.domain.users import ApiKey, LinkPurpose, Login, OneTimeLink, Role, User

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_USERS = (
    select(users.c.id, users.c.email, users.c.name, logins.c.role, one_time_links.c.purpose)
    .select_from(users)
    .outerjoin(logins, logins.c.user_id == users.c.id)
    .outerjoin(one_time_links, one_time_links.c.user_id == users.c.id)
)


class SqlUsers:
    """The port `UserStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def login(self, email: str) -> Login | None:
        """Answer whose log-in the address is, in a transaction that knows no account yet."""
        row = (await self._connection.execute(select(logins).where(logins.c.email == email))).one_or_none()
        return None if row is None else Login(row.account_id, row.user_id, row.password_hash)

    async def link(self, digest: str) -> OneTimeLink | None:
        """Answer the link with this digest, in a transaction that knows no account yet."""
        statement = select(one_time_links).where(one_time_links.c.digest == digest)
        row = (await self._connection.execute(statement)).one_or_none()
        if row is None:
            return None
        role = Role(row.role) if row.role is not None else None
        return OneTimeLink(row.account_id, row.user_id, LinkPurpose(row.purpose), role, row.expires_on)

    async def get(self, account_id: str, user_id: str) -> User | None:
        """Answer one of the account's users."""
        statement = _USERS.where(users.c.account_id == account_id, users.c.id == user_id)
        row = (await self._connection.execute(statement)).first()
        return None if row is None else _user_of(row)

    async def all(self, account_id: str) -> list[User]:
        """Answer the account's users by name."""
        statement = _USERS.where(users.c.account_id == account_id).order_by(users.c.name, users.c.id)
        return [_user_of(row) for row in await self._connection.execute(statement)]

    async def add(self, account_id: str, email: str, name: str) -> str:
        """Add a user that has no log-in yet, and answer its identifier."""
        user_id = str(uuid4())
        values = {"id": user_id, "account_id": account_id, "email": email, "name": name}
        await self._connection.execute(insert(users).values(values))
        return user_id

    async def add_login(self, account_id: str, user_id: str, email: str, password_hash: str, role: Role) -> bool:
        """Let a user log in; false if the address is somebody's log-in already."""
        values = {"account_id": account_id, "user_id": user_id, "email": email, "password_hash": password_hash}
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(logins).values(role=role, **values))
        except IntegrityError:
            return False
        return True

    async def password_hash(self, account_id: str, user_id: str) -> str | None:
        """Answer the hash of a user's password."""
        statement = select(logins.c.password_hash).where(logins.c.account_id == account_id)
        found: str | None = await self._connection.scalar(statement.where(logins.c.user_id == user_id))
        return found

    async def set_password(self, account_id: str, user_id: str, password_hash: str) -> None:
        """Change a user's password."""
        statement = update(logins).where(logins.c.account_id == account_id, logins.c.user_id == user_id)
        await self._connection.execute(statement.values(password_hash=password_hash))

    async def set_role(self, account_id: str, user_id: str, role: Role) -> bool:
        """Change a user's role; false if the account has no such user with a log-in."""
        statement = update(logins).where(logins.c.account_id == account_id, logins.c.user_id == user_id)
        return (await self._connection.execute(statement.values(role=role))).rowcount > 0

    async def delete(self, account_id: str, user_id: str) -> bool:
        """Remove a user with log-in, sessions, links and keys; false if the account has none of this identifier."""
        for table in (sessions, one_time_links, logins, api_keys):
            own = delete(table).where(table.c.account_id == account_id, table.c.user_id == user_id)
            await self._connection.execute(own)
        statement = delete(users).where(users.c.account_id == account_id, users.c.id == user_id)
        return (await self._connection.execute(statement)).rowcount > 0

    async def add_link(self, digest: str, link: OneTimeLink) -> None:
        """Keep a link; others of the user's no longer work."""
        await self.drop_links(link.account_id, link.user_id)
        await self._connection.execute(
            insert(one_time_links).values(
                digest=digest,
                account_id=link.account_id,
                user_id=link.user_id,
                purpose=link.purpose,
                role=link.role,
                expires_on=link.expires_on,
            )
        )

    async def use_link(self, account_id: str, digest: str) -> bool:
        """Remove a link; false if it is not there (any more)."""
        statement = delete(one_time_links).where(one_time_links.c.account_id == account_id)
        return (await self._connection.execute(statement.where(one_time_links.c.digest == digest))).rowcount > 0

    async def drop_links(self, account_id: str, user_id: str) -> None:
        """Remove the user's links."""
        statement = delete(one_time_links).where(one_time_links.c.account_id == account_id)
        await self._connection.execute(statement.where(one_time_links.c.user_id == user_id))

    async def drop_keys(self, account_id: str, user_id: str) -> None:
        """Revoke the API keys that the user has made."""
        statement = delete(api_keys).where(api_keys.c.account_id == account_id, api_keys.c.user_id == user_id)
        await self._connection.execute(statement)

    async def keys(self, account_id: str) -> list[ApiKey]:
        """Answer the account's API keys."""
        statement = (
            select(api_keys.c.id, api_keys.c.user_id, users.c.name)
            .select_from(api_keys)
            .outerjoin(users, users.c.id == api_keys.c.user_id)
            .where(api_keys.c.account_id == account_id)
            .order_by(users.c.name, api_keys.c.id)
        )
        return [ApiKey(row.id, row.user_id, row.name) for row in await self._connection.execute(statement)]


def _user_of(row: Row[*tuple[Any, ...]]) -> User:
    role = Role(row.role) if row.role is not None else None
    return User(row.id, row.email, row.name, role, invited=row.purpose == LinkPurpose.INVITATION)
