"""Users of an account: what each may do, how they log in, and on which devices they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from clickdrop.domain.accounts import Account
from clickdrop.domain.errors import Fault, InvalidRequest, NotPermitted

if TYPE_CHECKING:
    from collections.abc import Mapping

SESSION_IDLE = timedelta(hours=2)
"""A session that nobody uses for so long is over."""
SESSION_LIFE = timedelta(days=7)
"""However much it is used, a session is over after so long."""
LINK_LIFE = timedelta(hours=1)
INVITATION_LIFE = timedelta(days=3)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly a session's last use is known."""

PASSWORD_LENGTHS = range(12, 129)
_EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]\\]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*", re.ASCII)
_EMAIL_LENGTH_MAX = 254


class Known(StrEnum):
    """By what a user's things are found before it is known whose they are; a transaction claims it."""

    LOGIN_EMAIL = "login_email"
    SESSION_DIGEST = "session_digest"
    LINK_DIGEST = "link_digest"


class Permission(StrEnum):
    """What a use case asks of whoever uses it."""

    READ = "read"
    WRITE = "write"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a user is in an account: an owner does everything, a clerk all but users and keys, a viewer looks."""

    OWNER = "owner"
    CLERK = "clerk"
    VIEWER = "viewer"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What a user of this role may do."""
        return _PERMISSIONS[self]


_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.CLERK: frozenset({Permission.READ, Permission.WRITE}),
    Role.VIEWER: frozenset({Permission.READ}),
}


@dataclass(frozen=True, slots=True)
class User:
    """A person of an account; without a role there is no log-in (yet), but perhaps an invitation to make one."""

    id: str
    email: str
    name: str
    role: Role | None
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """How a user proves who it is: an e-mail address is the log-in of one user at most, over all accounts."""

    account_id: str
    user_id: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A device on which a user is logged in. `id` names it to the user; its secret is the device's alone."""

    id: str
    account_id: str
    user_id: str
    device: str
    created_on: datetime
    seen_on: datetime

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has ended by time."""
        return now >= self.seen_on + SESSION_IDLE or now >= self.created_on + SESSION_LIFE


class LinkPurpose(StrEnum):
    """What a link that was sent by e-mail is for."""

    RESET = "reset"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that lets its holder choose a password, once; with an invitation comes a role."""

    account_id: str
    user_id: str
    purpose: LinkPurpose
    role: Role | None
    expires_on: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of an account as its users see it: never the key itself."""

    id: str
    user_id: str | None
    user_name: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user who is logged in: on behalf of whom, as whom, and on which device."""

    account: Account
    user: User
    session: Session

    def may(self, permission: Permission) -> bool:
        """Tell whether the user's role has the permission."""
        return self.user.role is not None and permission in self.user.role.permissions

    def require(self, permission: Permission) -> None:
        """Raise `NotPermitted` unless the user's role has the permission."""
        if not self.may(permission):
            raise NotPermitted(f"This needs the permission to {permission}, which your role does not have.")


def checked_email(text: str) -> str:
    """Answer an e-mail address in its one spelling; raises `InvalidRequest`."""
    address = text.strip().lower()
    if len(address) > _EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(address):
        raise InvalidRequest(Fault("InvalidEmail", "Expected an e-mail address, such as ada@example.org."))
    return address


def checked_password(text: str) -> str:
    """Answer a password that is long enough to be one; raises `InvalidRequest`."""
    if len(text) not in PASSWORD_LENGTHS:
        low, high = PASSWORD_LENGTHS.start, PASSWORD_LENGTHS.stop - 1
        message = f"Expected a password of {low} to {high} characters, got {len(text)}."
        raise InvalidRequest(Fault("InvalidPassword", message))
    return text
