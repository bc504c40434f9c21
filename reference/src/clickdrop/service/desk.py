"""What users of an account do with its orders and its address book, each as far as the user's role goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.domain.errors import Fault, InvalidRequest, NotFound
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.paging import MAX_PAGE_SIZE, OrderQuery
from clickdrop.domain.printing import LabelOptions
from clickdrop.domain.users import Permission

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from clickdrop.domain.content import AddressBookEntry, Contact, OrderContent
    from clickdrop.domain.orders import Order, OrderStatus
    from clickdrop.domain.paging import Found, OrderSearch
    from clickdrop.domain.ports.storage import Storage
    from clickdrop.domain.users import Member
    from clickdrop.service.audit import Audit
    from clickdrop.service.orders import Orders

SUGGESTIONS_MAX = 8


class Desk:
    """The use cases of the website's pages about orders and addresses."""

    def __init__(self, storage: Storage, orders: Orders, audit: Audit) -> None:
        self._storage = storage
        self._orders = orders
        self._audit = audit

    async def search(self, member: Member, search: OrderSearch) -> Found:
        """Answer a page of what a search finds."""
        member.require(Permission.READ)
        found = await self._orders.search(member.account, search)
        await self._shown(member, "search", found.orders)
        return found

    async def order(self, member: Member, identifier: int) -> Order:
        """Answer an order; raises `NotFound`."""
        member.require(Permission.READ)
        found = await self._orders.get(member.account, OrderIdentifiers((identifier,), ()))
        await self._shown(member, "order", found)
        return found[0]

    async def make(self, member: Member, content: OrderContent) -> Order:
        """Make an order; raises `BatchRefused`."""
        (order,) = await self.create(member, [content])
        await self._shown(member, "make", [order])
        return order

    async def create(self, member: Member, contents: Sequence[OrderContent]) -> list[Order]:
        """Make all of the orders or none; raises `BatchRefused`."""
        member.require(Permission.WRITE)
        return await self._orders.create_all(member.account, contents)

    async def edit(self, member: Member, identifier: int, change: Callable[[OrderContent], OrderContent]) -> Order:
        """Change what a new order is; raises `NotFound`, `InvalidRequest`, `BatchRefused`."""
        member.require(Permission.WRITE)
        async with self._audit.refusals(member.account.id, member.session.id, "edit"):
            return await self._orders.rewrite(member.account, identifier, change)

    async def delete(self, member: Member, identifier: int) -> None:
        """Delete an order; raises `NotFound`."""
        member.require(Permission.WRITE)
        await self._orders.delete(member.account, OrderIdentifiers((identifier,), ()))

    async def label(self, member: Member, identifier: int) -> bytes:
        """Print an order's label, generating one if there is none."""
        return await self.labels(member, (identifier,))

    async def labels(self, member: Member, identifiers: tuple[int, ...]) -> bytes:
        """Print the labels of some orders in one file, generating those that there are none of."""
        member.require(Permission.WRITE)
        return await self._print(member, identifiers)

    async def reprint(self, member: Member, identifier: int) -> bytes:
        """Print an order's label again; raises `NotFound` for an order that has none."""
        order = await self.order(member, identifier)
        if not order.tracking_numbers:
            raise NotFound("The order has no label yet.")
        return await self._print(member, (identifier,))

    async def export(self, member: Member) -> AsyncIterator[Sequence[Order]]:
        """Answer all orders, some at a time, newest first. No transaction is open between them."""
        member.require(Permission.READ)
        before: int | None = None
        while True:
            async with self._storage.reading(member.account.id) as work:
                page = await work.orders.page(member.account.id, OrderQuery(MAX_PAGE_SIZE, before=before))
            await self._shown(member, "export", page.orders)
            yield page.orders
            if page.next_before is None:
                return
            before = page.next_before

    async def progress(self, member: Member, known: Mapping[int, OrderStatus]) -> Mapping[int, OrderStatus]:
        """Answer how far those of the newest orders have come that are not where they are known to be, oldest first."""
        member.require(Permission.READ)
        async with self._storage.reading(member.account.id) as work:
            page = await work.orders.page(member.account.id, OrderQuery(MAX_PAGE_SIZE))
        changed = [order for order in reversed(page.orders) if known.get(order.identifier) is not order.status]
        await self._shown(member, "events", changed)
        return {order.identifier: order.status for order in changed}

    async def _print(self, member: Member, identifiers: tuple[int, ...]) -> bytes:
        wanted = OrderIdentifiers(identifiers, ())
        async with self._audit.refusals(member.account.id, member.session.id, "label"):
            label, printed = await self._orders.label(member.account, wanted, LabelOptions())
        await self._shown(member, "label", printed)
        return label

    async def contacts(self, member: Member) -> list[AddressBookEntry]:
        """Answer the address book, by ascending reference."""
        found = await self._contacts(member)
        await self._shown(member, "contacts", (), found)
        return found

    async def suggest(self, member: Member, text: str) -> list[AddressBookEntry]:
        """Answer some entries of the address book that a user may mean who has typed so far."""
        words = text.lower().split()
        found = [
            entry for entry in await self._contacts(member) if words and all(word in _spelled(entry) for word in words)
        ][:SUGGESTIONS_MAX]
        await self._shown(member, "suggestions", (), found)
        return found

    async def contact(self, member: Member, reference: str) -> AddressBookEntry:
        """Answer an entry of the address book; raises `NotFound`."""
        member.require(Permission.READ)
        async with self._storage.reading(member.account.id) as work:
            entry = await work.catalogue.contact(member.account.id, reference)
        if entry is None:
            raise NotFound("The address book has no such entry.")
        await self._shown(member, "contact", (), [entry])
        return entry

    async def save_contact(self, member: Member, reference: str, contact: Contact) -> None:
        """Add or replace an entry of the address book."""
        member.require(Permission.WRITE)
        if not reference:
            raise InvalidRequest(Fault("ReferenceMissing", "Expected a reference, by which the entry is found."))
        async with self._storage.writing(member.account.id) as (_, work):
            await work.catalogue.save_contact(member.account.id, reference, contact)

    async def delete_contact(self, member: Member, reference: str) -> None:
        """Remove an entry of the address book; raises `NotFound`."""
        member.require(Permission.WRITE)
        async with self._storage.writing(member.account.id) as (_, work):
            if not await work.catalogue.delete_contact(member.account.id, reference):
                raise NotFound("The address book has no such entry.")

    async def _contacts(self, member: Member) -> list[AddressBookEntry]:
        member.require(Permission.READ)
        async with self._storage.reading(member.account.id) as work:
            return await work.catalogue.contacts(member.account.id)

    async def _shown(
        self, member: Member, operation: str, orders: Iterable[Order], contacts: Iterable[AddressBookEntry] = ()
    ) -> None:
        ids = (order.identifier for order in orders)
        await self._audit.record(member.account.id, member.session.id, operation, ids, contacts)


def _spelled(entry: AddressBookEntry) -> str:
    address = entry.contact.address
    parts = (address.full_name, address.company_name, address.city, address.postcode) if address else ()
    return " ".join(part for part in (entry.reference, *parts) if part).lower()
