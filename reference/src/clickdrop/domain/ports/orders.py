"""Orders, what they are made of, and what becomes of them in the post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from clickdrop.domain.content import AddressBookEntry, Contact, OrderContent, Product
    from clickdrop.domain.documents import ManifestRow
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.manifests import Manifest
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import Found, OrderPage, OrderQuery, OrderSearch
    from clickdrop.domain.parcels import Parcel
    from clickdrop.domain.returns import Return


class OrderStore(Protocol):
    """The orders of all accounts, each method on those of one."""

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Answer the account's orders among those wanted, by ascending identifier, each once."""
        ...

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Do as `get`, in a transaction that is going to change them."""
        ...

    async def made(self, account_id: str, identifiers: Collection[int]) -> list[tuple[int, datetime]]:
        """Answer which of these identifiers, however many, the account's orders have or had, and since when each."""
        ...

    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        """Answer a page of the account's orders."""
        ...

    async def search(self, account_id: str, search: OrderSearch) -> Found:
        """Answer a page of those of the account's orders that a search finds."""
        ...

    async def manifestable(self, account_id: str) -> list[Order]:
        """Answer the account's orders that wait for a manifest, by ascending identifier."""
        ...

    async def awaiting_postage(self, account_id: str, count: int) -> list[Order]:
        """Answer so many of the account's orders that have no postage yet, newest first."""
        ...

    async def add(self, account_id: str, content: OrderContent, created_on: datetime) -> Order | None:
        """Add an order; `None` if the account has one with its reference."""
        ...

    async def save(self, account_id: str, orders: Iterable[Order]) -> None:
        """Store how far the account's orders have come."""
        ...

    async def rewrite(self, account_id: str, order: Order) -> bool:
        """Store what one of the account's orders is; false if another one of the account's has its reference."""
        ...

    async def delete(self, account_id: str, identifiers: Sequence[int]) -> None:
        """Delete the account's orders with these identifiers; whose they were is kept."""
        ...


class Catalogue(Protocol):
    """What an account saved for use in later orders: its address book, and its products by SKU."""

    async def contact(self, account_id: str, reference: str) -> AddressBookEntry | None:
        """Answer an entry of the account's address book."""
        ...

    async def contacts(self, account_id: str) -> list[AddressBookEntry]:
        """Answer the account's address book by ascending reference, as far as `MAX_CONTACTS` go."""
        ...

    async def delete_contact(self, account_id: str, reference: str) -> bool:
        """Remove an entry of the account's address book; false if it has none with this reference."""
        ...

    async def save_contact(self, account_id: str, reference: str, contact: Contact) -> None:
        """Add or replace an entry of the account's address book."""
        ...

    async def products(self, account_id: str, skus: Iterable[str]) -> Mapping[str, Product]:
        """Answer those of the account's products that are asked for, by SKU."""
        ...

    async def save_products(self, account_id: str, products: Iterable[Product]) -> None:
        """Add or replace products, each of which has a SKU."""
        ...


class ItemStore(Protocol):
    """Items in the post, each of which has a serial number that is never given twice."""

    async def add(self, account_id: str, count: int) -> Sequence[int]:
        """Add items of the account, and answer their serial numbers."""
        ...


class ManifestStore(Protocol):
    """The manifests of all accounts, each method on those of one."""

    async def add(
        self, account_id: str, carrier_name: str, rows: tuple[ManifestRow, ...], created_on: datetime
    ) -> Manifest:
        """Add a manifest; its number is unique over all accounts."""
        ...

    async def get(self, account_id: str, number: int) -> Manifest | None:
        """Answer one of the account's manifests."""
        ...


class ParcelStore(Protocol):
    """The parcels of all accounts, each method but `tracked` on those of one."""

    async def add(self, account_id: str, parcels: Sequence[Parcel]) -> None:
        """Add parcels."""
        ...

    async def get(self, account_id: str, tracking_numbers: Iterable[str]) -> list[Parcel]:
        """Answer those of the account's parcels that are asked for."""
        ...

    async def page(self, account_id: str, size: int, before: str | None) -> tuple[list[Parcel], str | None]:
        """Answer so many of the account's parcels, latest label first, and the next `before`."""
        ...

    async def save(self, account_id: str, parcels: Iterable[Parcel]) -> None:
        """Store what has happened to parcels."""
        ...

    async def tracked(self, tracking_number: str) -> tuple[str, Parcel] | None:
        """Answer the parcel with this number, and whose it is."""
        ...


class ReturnStore(Protocol):
    """The returns of all accounts."""

    async def add(self, account_id: str, item: Return, created_on: datetime) -> None:
        """Add a return."""
        ...
