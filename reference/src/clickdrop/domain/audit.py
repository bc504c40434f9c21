"""Who read what: enough to say, after an incident, whose orders and contacts a credential was shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


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


def owner_at(makers: Collection[tuple[datetime, str]], at: datetime) -> str | None:
    """Answer whose an order was at a moment, of the accounts that made one with its identifier, and when each did.

    It was the last one's by then; where a clock was set back since, it may seem to have been nobody's yet, and was the
    first one's. `None` if nobody has made it.
    """
    earlier = [maker for maker in makers if maker[0] <= at]
    return max(earlier)[1] if earlier else min(makers, default=(at, None))[1]
