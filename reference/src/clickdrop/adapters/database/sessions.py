"""Sessions of users in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select, update

from clickdrop.adapters.database.tables import sessions
from clickdrop.domain.users import SESSION_IDLE, SESSION_LIFE, Session

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


class SqlSessions:
    """The port `SessionStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, digest: str) -> Session | None:
        """Answer the session whose secret has this digest, in a transaction that knows no account yet."""
        row = (await self._connection.execute(select(sessions).where(sessions.c.digest == digest))).one_or_none()
        return None if row is None else _session_of(row)

    async def add(self, digest: str, session: Session) -> None:
        """Add a session."""
        await self._connection.execute(
            insert(sessions).values(
                id=session.id,
                account_id=session.account_id,
                user_id=session.user_id,
                digest=digest,
                device=session.device,
                created_on=session.created_on,
                seen_on=session.seen_on,
            )
        )

    async def saw(self, session: Session, now: datetime) -> None:
        """Note that a session was used."""
        statement = update(sessions).where(sessions.c.account_id == session.account_id, sessions.c.id == session.id)
        await self._connection.execute(statement.values(seen_on=now))

    async def of_user(self, account_id: str, user_id: str) -> list[Session]:
        """Answer a user's sessions, the last used first."""
        statement = select(sessions).where(sessions.c.account_id == account_id, sessions.c.user_id == user_id)
        rows = await self._connection.execute(statement.order_by(sessions.c.seen_on.desc(), sessions.c.id))
        return [_session_of(row) for row in rows]

    async def end(self, account_id: str, user_id: str, *, only: str | None = None, but: str | None = None) -> int:
        """End a user's sessions, or only one, or all but one, by identifier; answers how many ended."""
        statement = delete(sessions).where(sessions.c.account_id == account_id, sessions.c.user_id == user_id)
        if only is not None:
            statement = statement.where(sessions.c.id == only)
        if but is not None:
            statement = statement.where(sessions.c.id != but)
        return (await self._connection.execute(statement)).rowcount

    async def tidy(self, account_id: str, now: datetime) -> None:
        """Forget the account's sessions that are over."""
        over = or_(sessions.c.seen_on <= now - SESSION_IDLE, sessions.c.created_on <= now - SESSION_LIFE)
        await self._connection.execute(delete(sessions).where(sessions.c.account_id == account_id, over))


def _session_of(row: Row[Any]) -> Session:
    return Session(row.id, row.account_id, row.user_id, row.device, row.created_on, row.seen_on)
