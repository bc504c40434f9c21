"""Who read what: enough to say, after an incident, whose orders and contacts a credential was shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Read:
    """One answer: a credential, by its public identifier, was shown these orders by an operation, and these contacts.

    A contact is the account in whose address book it is, as the database said, and its reference there.

    `account_id` is the account as which the answer was made: the credential's own, unless something is broken.
    """

    account_id: str
    credential_id: str
    operation: str
    orders: tuple[int, ...]
    at: datetime
    contacts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadWithOwners:
    """A read, and whose each order was, in their order; `None` for one that nobody is known to have had."""

    read: Read
    owners: tuple[str | None, ...]
