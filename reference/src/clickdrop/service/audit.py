"""The audit log: written before an answer leaves, asked by the operator."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from clickdrop.domain.audit import Read, ReadWithOwners, owner_at
from clickdrop.domain.errors import Fault, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from datetime import datetime

    from clickdrop.domain.content import AddressBookEntry
    from clickdrop.domain.ports.storage import Storage

MAX_READS = 10_000
"""How many reads one answer tells of."""


class Audit:
    """The use cases of the audit log."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock

    async def record(
        self,
        account_id: str,
        credential_id: str,
        operation: str,
        orders: Iterable[int],
        contacts: Iterable[AddressBookEntry] = (),
    ) -> None:
        """Write down that a credential is about to be shown orders and contacts; nothing if it is shown none."""
        shown = tuple(dict.fromkeys(orders))
        entries = tuple((entry.account_id, entry.reference) for entry in contacts)
        if shown or entries:
            async with self._storage.recording(account_id) as work:
                await work.audit.add(Read(account_id, credential_id, operation, shown, self._clock(), entries))

    @asynccontextmanager
    async def refusals(self, account_id: str, credential_id: str, operation: str) -> AsyncIterator[None]:
        """Write down which orders the refusal of a block is about to tell a credential of."""
        try:
            yield
        except InvalidRequest as refused:
            await self.record(account_id, credential_id, operation, refused.orders)
            raise

    async def reads(self, credential_id: str, start: datetime, end: datetime) -> list[ReadWithOwners]:
        """Answer what a credential was shown from `start` until before `end`, oldest first, and whose it was then.

        Looks through all accounts, one after the other, as each of them: nobody sees rows of two. Raises
        `InvalidRequest` if that is too much for one answer.
        """
        async with self._storage.administering() as work:
            account_ids = [account.id for account in await work.accounts.all()]
        found: list[Read] = []
        for account_id in account_ids:
            async with self._storage.reading(account_id) as work:
                found += await work.audit.of_credential(account_id, credential_id, start, end, MAX_READS + 1)
            if len(found) > MAX_READS:
                message = f"There are more than {MAX_READS} reads: ask for less time at once."
                raise InvalidRequest(Fault("TooManyReads", message))
        shown = {order for read in found for order in read.orders}
        makers: dict[int, list[tuple[datetime, str]]] = {}
        for account_id in account_ids if shown else ():
            async with self._storage.reading(account_id) as work:
                for order, made_on in await work.orders.made(account_id, shown):
                    makers.setdefault(order, []).append((made_on, account_id))
        found.sort(key=lambda read: read.at)
        return [
            ReadWithOwners(read, tuple(owner_at(makers.get(order, ()), read.at) for order in read.orders))
            for read in found
        ]
