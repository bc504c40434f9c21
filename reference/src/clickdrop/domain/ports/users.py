"""What the service needs to know users, log them in, and write to them, as protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from clickdrop.domain.users import ApiKey, Login, OneTimeLink, Role, Session, User


class UserStore(Protocol):
    """The users of all accounts and how they log in, each method on those of one account unless it says otherwise."""

    async def login(self, email: str) -> Login | None:
        """Answer whose log-in the address is, in a transaction that knows no account yet."""
        ...

    async def link(self, digest: str) -> OneTimeLink | None:
        """Answer the link with this digest, in a transaction that knows no account yet."""
        ...

    async def get(self, account_id: str, user_id: str) -> User | None:
        """Answer one of the account's users."""
        ...

    async def all(self, account_id: str) -> list[User]:
        """Answer the account's users by name."""
        ...

    async def add(self, account_id: str, email: str, name: str) -> str:
        """Add a user that has no log-in yet, and answer its identifier."""
        ...

    async def add_login(self, account_id: str, user_id: str, email: str, password_hash: str, role: Role) -> bool:
        """Let a user log in; false if the address is somebody's log-in already."""
        ...

    async def password_hash(self, account_id: str, user_id: str) -> str | None:
        """Answer the hash of a user's password."""
        ...

    async def set_password(self, account_id: str, user_id: str, password_hash: str) -> None:
        """Change a user's password."""
        ...

    async def set_role(self, account_id: str, user_id: str, role: Role) -> bool:
        """Change a user's role; false if the account has no such user with a log-in."""
        ...

    async def delete(self, account_id: str, user_id: str) -> bool:
        """Remove a user with log-in, sessions, links and keys; false if the account has none of this identifier."""
        ...

    async def add_link(self, digest: str, link: OneTimeLink) -> None:
        """Keep a link; others of the user's no longer work."""
        ...

    async def use_link(self, account_id: str, digest: str) -> bool:
        """Remove a link; false if it is not there (any more)."""
        ...

    async def drop_links(self, account_id: str, user_id: str) -> None:
        """Remove the user's links."""
        ...

    async def drop_keys(self, account_id: str, user_id: str) -> None:
        """Revoke the API keys that the user has made."""
        ...

    async def keys(self, account_id: str) -> list[ApiKey]:
        """Answer the account's API keys."""
        ...


class SessionStore(Protocol):
    """On which devices the users of all accounts are logged in."""

    async def find(self, digest: str) -> Session | None:
        """Answer the session whose secret has this digest, in a transaction that knows no account yet."""
        ...

    async def add(self, digest: str, session: Session) -> None:
        """Add a session."""
        ...

    async def saw(self, session: Session, now: datetime) -> None:
        """Note that a session was used."""
        ...

    async def of_user(self, account_id: str, user_id: str) -> list[Session]:
        """Answer a user's sessions, the last used first."""
        ...

    async def end(self, account_id: str, user_id: str, *, only: str | None = None, but: str | None = None) -> int:
        """End a user's sessions, or only one, or all but one, by identifier; answers how many ended."""
        ...

    async def tidy(self, account_id: str, now: datetime) -> None:
        """Forget the account's sessions that are over."""
        ...


class PasswordHashing(Protocol):
    """Hashes passwords, slowly on purpose."""

    async def hash(self, password: str) -> str:
        """Answer a hash of the password, with a salt of its own."""
        ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the hash is of the password; without a hash it takes as long, and answers no."""
        ...


class OutgoingMail(Protocol):
    """Sends e-mail."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send a message, or raise `OSError`, or `PlatformClosed` if the platform is by the time it could be sent."""
        ...
