"""Who is asking, and the operator's work on accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from clickdrop.domain.accounts import Carrier, IssuedKey, default_carrier_name
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound, Unauthenticated
from clickdrop.domain.users import checked_email, checked_password

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clickdrop.domain.accounts import Account, AccountKind, Identity
    from clickdrop.domain.ports.storage import Storage, UnitOfWork
    from clickdrop.domain.ports.users import PasswordHashing
    from clickdrop.domain.users import Role


class Authenticator(Protocol):
    """Tells from a request's headers (lower-case names) who sent it."""

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        """Answer who sent the request; raises `Unauthenticated`."""
        ...


class ApiKeyAuthenticator:
    """Believes the API key in `Authorization`, bare or as a bearer token, and nothing else."""

    def __init__(self, storage: Storage, digest: Callable[[str], str]) -> None:
        self._storage = storage
        self._digest = digest

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        """Answer whose key it is; raises `Unauthenticated`."""
        key = bearer_token(headers.get("authorization", ""))
        if not key:
            raise Unauthenticated
        key_digest = self._digest(key)
        async with self._storage.identifying(key_digest) as work:
            identity = await work.accounts.identify(key_digest)
        if identity is None:
            raise Unauthenticated
        return identity


def bearer_token(authorization: str) -> str:
    """Answer the credential of an `Authorization` header, which may name the scheme or not."""
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else authorization.strip()


class Accounts:
    """The operator's use cases."""

    def __init__(
        self,
        storage: Storage,
        new_key: Callable[[], str],
        digest: Callable[[str], str],
        passwords: PasswordHashing,
    ) -> None:
        self._storage = storage
        self._new_key = new_key
        self._digest = digest
        self._passwords = passwords

    async def all(self) -> list[Account]:
        """Answer all accounts, in the order in which they were made."""
        async with self._storage.administering() as work:
            return await work.accounts.all()

    async def create(self, name: str, kind: AccountKind, *, channel_shipper: bool) -> Account:
        """Make an account, with the carrier that every account of its kind starts with."""
        carrier = Carrier(uuid4(), default_carrier_name(kind), "Active", kind.value)
        async with self._storage.administering() as work:
            account = await work.accounts.add(name, kind, channel_shipper=channel_shipper)
            await work.accounts.add_carrier(account.id, carrier)
        return account

    async def add_user(self, account_id: str, email: str, name: str) -> str:
        """Add a user to an account and answer the user's identifier; raises `NotFound`."""
        async with self._storage.administering() as work:
            await _require_account(work, account_id)
            return await work.accounts.add_user(account_id, email, name)

    async def add_login(self, account_id: str, email: str, name: str, password: str, role: Role) -> str:
        """Add a user who can log in, and answer the user's identifier; raises `NotFound`, `InvalidRequest`."""
        address = checked_email(email)
        password_hash = await self._passwords.hash(checked_password(password))
        async with self._storage.administering() as work:
            await _require_account(work, account_id)
            user_id = await work.accounts.add_user(account_id, address, name)
            if not await work.users.add_login(account_id, user_id, address, password_hash, role):
                raise InvalidRequest(Fault("EmailTaken", "The address is a user's log-in already."))
            return user_id

    async def issue_key(self, account_id: str, user_id: str | None) -> IssuedKey:
        """Make an API key of an account, or of one of its users; raises `NotFound`."""
        key = self._new_key()
        async with self._storage.administering() as work:
            await _require_account(work, account_id)
            if user_id is not None and not await work.accounts.has_user(account_id, user_id):
                raise NotFound("The account has no such user.")
            return IssuedKey(await work.accounts.add_key(account_id, self._digest(key), user_id), key)

    async def revoke_key(self, account_id: str, key_id: str) -> None:
        """Revoke an API key from this moment on; raises `NotFound`."""
        async with self._storage.administering() as work:
            if not await work.accounts.delete_key(account_id, key_id):
                raise NotFound("The account has no such key.")


async def _require_account(work: UnitOfWork, account_id: str) -> None:
    if await work.accounts.get(account_id) is None:
        raise NotFound("There is no such account.")
