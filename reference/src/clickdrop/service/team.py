"""The users of an account, its API keys and its webhooks, as its owners keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain.accounts import IssuedKey
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound, NotPermitted
from clickdrop.domain.users import (
    INVITATION_LIFE,
    LinkPurpose,
    OneTimeLink,
    Permission,
    Role,
    checked_email,
)
from clickdrop.domain.webhooks import Webhook, checked_url, new_webhook_secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.ports.storage import Storage, UnitOfWork
    from clickdrop.domain.users import ApiKey, Member, User
    from clickdrop.service.doors import Letters

MAX_USERS = 100
MAX_KEYS = 50
MAX_WEBHOOKS = 10
NO_USER = "The account has no such user."


class Team:
    """The use cases of users, keys and webhooks, all of which ask for the permission to administer."""

    def __init__(
        self,
        storage: Storage,
        letters: Letters,
        new_secret: Callable[[], str],
        new_key: Callable[[], str],
        digest: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._letters = letters
        self._new_secret = new_secret
        self._new_key = new_key
        self._digest = digest
        self._clock = clock

    async def users(self, member: Member) -> list[User]:
        """Answer the account's users by name."""
        member.require(Permission.ADMINISTER)
        async with self._storage.reading(member.account.id) as work:
            return await work.users.all(member.account.id)

    async def invite(self, member: Member, name: str, email: str, role: Role) -> None:
        """Add a user, who gets a link by which to choose a password."""
        member.require(Permission.ADMINISTER)
        account_id, address = member.account.id, checked_email(email)
        if not name.strip():
            raise InvalidRequest(Fault("NameMissing", "Expected a name."))
        secret = self._new_secret()
        async with self._storage.writing(account_id) as (_, work):
            await _require_owner(work, member)
            users = await work.users.all(account_id)
            if len(users) >= MAX_USERS:
                raise InvalidRequest(Fault("TooManyUsers", f"An account has at most {MAX_USERS} users."))
            if any(user.email == address for user in users):
                raise InvalidRequest(Fault("AlreadyUser", "The account has a user with this address."))
            user_id = await work.users.add(account_id, address, name.strip())
            expires_on = self._clock() + INVITATION_LIFE
            link = OneTimeLink(account_id, user_id, LinkPurpose.INVITATION, role, expires_on)
            await work.users.add_link(self._digest(secret), link)
        text = f"{member.user.name} invites you to the account of {member.account.name}. To choose a password, follow"
        await self._letters.send(address, "An invitation", text, "/choose-password", secret)

    async def set_role(self, member: Member, user_id: str, role: Role) -> None:
        """Change a user's role, log the user out everywhere, and revoke keys that reach beyond it.

        An account keeps an owner.
        """
        member.require(Permission.ADMINISTER)
        account_id = member.account.id
        async with self._storage.writing(account_id) as (_, work):
            await _require_owner(work, member)
            if not await work.users.set_role(account_id, user_id, role):
                raise NotFound(NO_USER)
            await work.sessions.end(account_id, user_id)
            if role is not Role.OWNER:  # a key does what an owner may
                await work.users.drop_keys(account_id, user_id)
            await _require_some_owner(work, account_id)

    async def remove(self, member: Member, user_id: str) -> None:
        """Remove a user with everything by which the user gets in; an account keeps an owner."""
        member.require(Permission.ADMINISTER)
        account_id = member.account.id
        async with self._storage.writing(account_id) as (_, work):
            await _require_owner(work, member)
            if not await work.users.delete(account_id, user_id):
                raise NotFound(NO_USER)
            await _require_some_owner(work, account_id)

    async def keys(self, member: Member) -> list[ApiKey]:
        """Answer the account's API keys."""
        member.require(Permission.ADMINISTER)
        async with self._storage.reading(member.account.id) as work:
            return await work.users.keys(member.account.id)

    async def issue_key(self, member: Member) -> IssuedKey:
        """Make an API key of the member's user."""
        member.require(Permission.ADMINISTER)
        key, account_id = self._new_key(), member.account.id
        async with self._storage.writing(account_id) as (_, work):
            await _require_owner(work, member)
            if len(await work.users.keys(account_id)) >= MAX_KEYS:
                raise InvalidRequest(Fault("TooManyKeys", f"An account has at most {MAX_KEYS} keys: revoke one first."))
            return IssuedKey(await work.accounts.add_key(account_id, self._digest(key), member.user.id), key)

    async def revoke_key(self, member: Member, key_id: str) -> None:
        """Revoke an API key from this moment on; raises `NotFound`."""
        member.require(Permission.ADMINISTER)
        async with self._storage.writing(member.account.id) as (_, work):
            await _require_owner(work, member)
            if not await work.accounts.delete_key(member.account.id, key_id):
                raise NotFound("The account has no such key.")

    async def webhooks(self, member: Member) -> list[Webhook]:
        """Answer the account's webhooks, oldest first."""
        member.require(Permission.ADMINISTER)
        async with self._storage.reading(member.account.id) as work:
            return await work.webhooks.all(member.account.id)

    async def add_webhook(self, member: Member, url: str) -> Webhook:
        """Have an address told of the account's orders from this moment on."""
        member.require(Permission.ADMINISTER)
        account_id, secret = member.account.id, new_webhook_secret(self._new_secret())
        webhook = Webhook(str(uuid4()), checked_url(url), secret, self._clock())
        async with self._storage.writing(account_id) as (_, work):
            await _require_owner(work, member)
            if len(await work.webhooks.all(account_id)) >= MAX_WEBHOOKS:
                message = f"An account has at most {MAX_WEBHOOKS} webhooks: remove one first."
                raise InvalidRequest(Fault("TooManyWebhooks", message))
            await work.webhooks.add(account_id, webhook)
        return webhook

    async def remove_webhook(self, member: Member, webhook_id: str) -> None:
        """Tell an address nothing any more, whatever is still to be told; raises `NotFound`."""
        member.require(Permission.ADMINISTER)
        async with self._storage.writing(member.account.id) as (_, work):
            await _require_owner(work, member)
            if not await work.webhooks.delete(member.account.id, webhook_id):
                raise NotFound("The account has no such webhook.")


async def _require_owner(work: UnitOfWork, member: Member) -> None:
    """Look again, where nobody else changes anything: another owner may have demoted this one meanwhile."""
    user = await work.users.get(member.account.id, member.user.id)
    if user is None or user.role is not Role.OWNER:
        raise NotPermitted("You no longer have the permission to administer.")


async def _require_some_owner(work: UnitOfWork, account_id: str) -> None:
    if not any(user.role is Role.OWNER for user in await work.users.all(account_id)):
        raise InvalidRequest(Fault("LastOwner", "An account needs an owner: make somebody else one first."))
