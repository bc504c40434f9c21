"""Logging in and out: sessions of users on their devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain.errors import NotFound, Unauthenticated, WrongPassword
from clickdrop.domain.users import SEEN_EVERY, Known, Member, Session, checked_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.ports.storage import Storage, UnitOfWork
    from clickdrop.domain.ports.users import PasswordHashing

_DEVICE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just begun, with the secret by which its device is known from now on."""

    session: Session
    secret: str = field(repr=False)


class SignIn:
    """The use cases of sessions. A session's secret is new at each log-in and each change of password."""

    def __init__(
        self,
        storage: Storage,
        passwords: PasswordHashing,
        new_secret: Callable[[], str],
        digest: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._passwords = passwords
        self._new_secret = new_secret
        self._digest = digest
        self._clock = clock

    async def log_in(self, email: str, password: str, device: str) -> NewSession:
        """Begin a session; raises `Unauthenticated`, which does not say whether there is such a log-in."""
        address = email.strip().lower()
        async with self._storage.knowing(Known.LOGIN_EMAIL, address) as work:
            login = await work.users.login(address)
        if not await self._passwords.matches(password, login.password_hash if login else None) or login is None:
            raise Unauthenticated("The e-mail address or the password is not right.")
        async with self._storage.recording(login.account_id) as work:
            # The password may have changed since it was compared, and with it ended all sessions.
            if await work.users.password_hash(login.account_id, login.user_id) != login.password_hash:
                raise Unauthenticated("The e-mail address or the password is not right.")
            return await self.begin(work, login.account_id, login.user_id, device)

    async def begin(self, work: UnitOfWork, account_id: str, user_id: str, device: str) -> NewSession:
        """Begin a session of a user who has shown who it is, within a transaction of the account's."""
        now, secret = self._clock(), self._new_secret()
        session = Session(str(uuid4()), account_id, user_id, device[:_DEVICE_LENGTH_MAX], now, now)
        await work.sessions.tidy(account_id, now)
        await work.sessions.add(self._digest(secret), session)
        return NewSession(session, secret)

    async def find(self, secret: str) -> Session:
        """Answer the session that the secret is of; raises `Unauthenticated` if there is none, or it is over."""
        digest = self._digest(secret)
        async with self._storage.knowing(Known.SESSION_DIGEST, digest) as work:
            session = await work.sessions.find(digest)
        if session is None or session.is_over(self._clock()):
            raise Unauthenticated
        return session

    async def member(self, session: Session, account_id: str) -> Member:
        """Answer who is logged in by a session of the account's, and note that it is used."""
        async with self._storage.reading(account_id) as work:
            account = await work.accounts.get(account_id)
            user = await work.users.get(account_id, session.user_id)
        if account is None or user is None or user.role is None:
            raise Unauthenticated
        now = self._clock()
        if now - session.seen_on >= SEEN_EVERY:
            async with self._storage.recording(account_id) as work:
                await work.sessions.saw(session, now)
        return Member(account, user, session)

    async def log_out(self, member: Member) -> None:
        """End the member's session."""
        await self._end(member, only=member.session.id)

    async def log_out_everywhere(self, member: Member) -> None:
        """End all sessions of the member's user, this one included."""
        await self._end(member)

    async def log_out_device(self, member: Member, session_id: str) -> None:
        """End one of the user's sessions; raises `NotFound`."""
        if not await self._end(member, only=session_id):
            raise NotFound("You have no such device.")

    async def devices(self, member: Member) -> list[Session]:
        """Answer the sessions of the member's user, the last used first."""
        now = self._clock()
        async with self._storage.reading(member.account.id) as work:
            sessions = await work.sessions.of_user(member.account.id, member.user.id)
        return [session for session in sessions if not session.is_over(now)]

    async def change_password(self, member: Member, old: str, new: str) -> NewSession:
        """Change the user's password, end all sessions, and begin another one on this device.

        Raises `InvalidRequest` for a new password that is none, and `WrongPassword`.
        """
        checked_password(new)
        account_id, user_id = member.account.id, member.user.id
        async with self._storage.reading(account_id) as work:
            before = await work.users.password_hash(account_id, user_id)
        if not await self._passwords.matches(old, before):
            raise WrongPassword("The present password is not right.")
        password_hash = await self._passwords.hash(new)
        async with self._storage.writing(account_id) as (_, work):
            if await work.users.password_hash(account_id, user_id) != before:
                raise WrongPassword("The present password is not right.")
            await work.users.set_password(account_id, user_id, password_hash)
            await work.users.drop_links(account_id, user_id)
            await work.sessions.end(account_id, user_id)
            return await self.begin(work, account_id, user_id, member.session.device)

    async def _end(self, member: Member, only: str | None = None) -> int:
        async with self._storage.recording(member.account.id) as work:
            return await work.sessions.end(member.account.id, member.user.id, only=only)
