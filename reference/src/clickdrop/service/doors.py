"""Ways in that go through a user's mailbox: registering, invitations, passwords that were forgotten."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from clickdrop.domain.accounts import AccountKind, Carrier, default_carrier_name
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound
from clickdrop.domain.status import PlatformClosed
from clickdrop.domain.users import (
    LINK_LIFE,
    Known,
    LinkPurpose,
    OneTimeLink,
    Role,
    checked_email,
    checked_password,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.ports.storage import Storage
    from clickdrop.domain.ports.users import OutgoingMail, PasswordHashing
    from clickdrop.service.sign_in import NewSession, SignIn

_log = logging.getLogger(__name__)

SPENT = "This link has been used, has expired, or is not complete. Ask for another one."
TAKEN = "This e-mail address logs in to an account already: log in, or use another address."


class Registrations(Protocol):
    """Seals who wants to register into the text of a link."""

    def seal(self, shop: str, name: str, email: str) -> str:
        """Write a token."""
        ...

    def open(self, token: str) -> tuple[str, str, str] | None:
        """Read a token: shop, name, e-mail; `None` if it is broken or too old."""
        ...


class Letters:
    """What is written to whom. Whoever asked for a letter is not told whether it could be sent."""

    def __init__(self, mail: OutgoingMail, origin: str) -> None:
        self._mail = mail
        self._origin = origin

    async def send(self, to: str, subject: str, text: str, path: str, token: str = "") -> None:
        """Send a letter with a link in it."""
        # In the query, which neither the edge nor the service logs.
        link = f"{self._origin}{path}?token={token}" if token else f"{self._origin}{path}"
        try:
            await self._mail.send(to, subject, f"{text}\n\n{link}\n")
        except (OSError, PlatformClosed) as error:
            _log.warning("a letter could not be sent: %r", error)


class Doors:
    """The use cases of whoever has no session yet. None of them tells who else has an account."""

    def __init__(
        self,
        storage: Storage,
        passwords: PasswordHashing,
        registrations: Registrations,
        letters: Letters,
        sign_in: SignIn,
        new_secret: Callable[[], str],
        digest: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._passwords = passwords
        self._registrations = registrations
        self._letters = letters
        self._sign_in = sign_in
        self._new_secret = new_secret
        self._digest = digest
        self._clock = clock

    async def register(self, shop: str, name: str, email: str) -> None:
        """Send a link that makes an account to an address, or, if it is a log-in already, a word that it is."""
        address = checked_email(email)
        if not shop.strip() or not name.strip():
            raise InvalidRequest(Fault("NameMissing", "Expected the name of your shop, and yours."))
        async with self._storage.knowing(Known.LOGIN_EMAIL, address) as work:
            login = await work.users.login(address)
        if login is None:
            token = self._registrations.seal(shop.strip(), name.strip(), address)
            text = "Somebody, you we hope, wants to open an account for this address. To choose a password, follow"
            await self._letters.send(address, "Your new account", text, "/register/confirm", token)
        else:
            text = "Somebody, you we hope, wants to open an account for this address. You have one: log in at"
            await self._letters.send(address, "You have an account", text, "/log-in")

    def registration(self, token: str) -> tuple[str, str, str]:
        """Answer shop, name and e-mail of whoever follows the link; raises `NotFound`."""
        found = self._registrations.open(token)
        if found is None:
            raise NotFound(SPENT)
        return found

    async def confirm(self, token: str, password: str, device: str) -> NewSession:
        """Make the account and its first user, who owns it, and log the user in."""
        shop, name, email = self.registration(token)
        password_hash = await self._passwords.hash(checked_password(password))
        kind = AccountKind.OBA
        async with self._storage.administering() as work:
            account = await work.accounts.add(shop, kind, channel_shipper=True)
            await work.accounts.add_carrier(
                account.id, Carrier(uuid4(), default_carrier_name(kind), "Active", kind.value)
            )
            user_id = await work.accounts.add_user(account.id, email, name)
            if not await work.users.add_login(account.id, user_id, email, password_hash, Role.OWNER):
                raise InvalidRequest(Fault("EmailTaken", TAKEN))
        async with self._storage.recording(account.id) as work:
            return await self._sign_in.begin(work, account.id, user_id, device)

    async def forgot(self, email: str) -> None:
        """Send a link to choose another password, or a word that there is no log-in of this address."""
        address = checked_email(email)
        async with self._storage.knowing(Known.LOGIN_EMAIL, address) as work:
            login = await work.users.login(address)
        if login is None:
            text = "Somebody asked for a new password for this address, which no account of ours has. To open one:"
            await self._letters.send(address, "No account", text, "/register")
            return
        secret = self._new_secret()
        expires_on = self._clock() + LINK_LIFE
        link = OneTimeLink(login.account_id, login.user_id, LinkPurpose.RESET, None, expires_on)
        async with self._storage.recording(login.account_id) as work:
            await work.users.add_link(self._digest(secret), link)
        text = "To choose a new password, follow within the hour"
        await self._letters.send(address, "A new password", text, "/choose-password", secret)

    async def link(self, token: str) -> OneTimeLink:
        """Answer a link that can still be used; raises `NotFound`."""
        digest = self._digest(token)
        async with self._storage.knowing(Known.LINK_DIGEST, digest) as work:
            link = await work.users.link(digest)
        if link is None or link.expires_on <= self._clock():
            raise NotFound(SPENT)
        return link

    async def choose_password(self, token: str, password: str, device: str) -> NewSession:
        """Use a link: set the password, end all other sessions, log in. Raises `NotFound` the second time."""
        link = await self.link(token)
        account_id, user_id = link.account_id, link.user_id
        password_hash = await self._passwords.hash(checked_password(password))
        async with self._storage.writing(account_id) as (_, work):
            user = await work.users.get(account_id, user_id)
            # Another request may have used the link, or replaced it, since it was read.
            if user is None or not await work.users.use_link(account_id, self._digest(token)):
                raise NotFound(SPENT)
            if link.purpose is LinkPurpose.INVITATION:
                role = link.role or Role.VIEWER
                if not await work.users.add_login(account_id, user_id, user.email, password_hash, role):
                    raise InvalidRequest(Fault("EmailTaken", TAKEN))
            else:
                await work.users.set_password(account_id, user_id, password_hash)
                await work.sessions.end(account_id, user_id)
            return await self._sign_in.begin(work, account_id, user_id, device)
