"""Address books and products in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from clickdrop.adapters.database.serialised import Serialised
from clickdrop.adapters.database.tables import contacts, products
from clickdrop.adapters.database.upserts import insert
from clickdrop.domain.content import AddressBookEntry, Contact, Product
from clickdrop.domain.paging import MAX_CONTACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

_CONTACT = Serialised(Contact)
_PRODUCT = Serialised(Product)


class SqlCatalogue:
    """The port `Catalogue` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def contact(self, account_id: str, reference: str) -> AddressBookEntry | None:
        """Answer an entry of the account's address book."""
        statement = select(contacts).where(contacts.c.account_id == account_id, contacts.c.reference == reference)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _entry_of(row)

    async def contacts(self, account_id: str) -> list[AddressBookEntry]:
        """Answer the account's address book by ascending reference, as far as `MAX_CONTACTS` go."""
        statement = select(contacts).where(contacts.c.account_id == account_id)
        rows = await self._connection.execute(statement.order_by(contacts.c.reference).limit(MAX_CONTACTS))
        return [_entry_of(row) for row in rows]

    async def delete_contact(self, account_id: str, reference: str) -> bool:
        """Remove an entry of the account's address book; false if it has none with this reference."""
        statement = delete(contacts).where(contacts.c.account_id == account_id, contacts.c.reference == reference)
        return (await self._connection.execute(statement)).rowcount > 0

    async def save_contact(self, account_id: str, reference: str, contact: Contact) -> None:
        """Add or replace an entry of the account's address book."""
        row = {"account_id": account_id, "reference": reference, "content": _CONTACT.dump(contact)}
        await self._save(contacts, [row], key="reference")

    async def products(self, account_id: str, skus: Iterable[str]) -> Mapping[str, Product]:
        """Answer those of the account's products that are asked for, by SKU."""
        statement = select(products).where(products.c.account_id == account_id, products.c.sku.in_(list(skus)))
        rows = await self._connection.execute(statement)
        return {row.sku: _PRODUCT.load(row.content) for row in rows}

    async def save_products(self, account_id: str, saved: Iterable[Product]) -> None:
        """Add or replace products, each of which has a SKU."""
        rows = [{"account_id": account_id, "sku": product.sku, "content": _PRODUCT.dump(product)} for product in saved]
        if rows:
            await self._save(products, rows, key="sku")

    async def _save(self, table: Table, rows: list[dict[str, Any]], *, key: str) -> None:
        statement = insert(self._connection, table)
        replaced = {"content": statement.excluded.content}
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=["account_id", key], set_=replaced), rows
        )


def _entry_of(row: Row[Any]) -> AddressBookEntry:
    return AddressBookEntry(row.account_id, row.reference, _CONTACT.load(row.content))
