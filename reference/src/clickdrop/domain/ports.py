"""What the service needs from the world around it, as protocols; `documents`, `user_ports`, `webhooks` and `status`
have more.

Every method that touches a tenant's data takes the tenant. Values that a store answers are new and frozen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from decimal import Decimal

    from clickdrop.domain.accounts import Account, AccountKind, Carrier, Identity
    from clickdrop.domain.audit import Read
    from clickdrop.domain.checkouts import Checkout, CheckoutLine, CheckoutRequest
    from clickdrop.domain.content import Contact, OrderContent, Product
    from clickdrop.domain.documents import ManifestRow
    from clickdrop.domain.exports import Cell
    from clickdrop.domain.identifiers import OrderIdentifiers
    from clickdrop.domain.jobs import Job, JobFile
    from clickdrop.domain.manifests import Manifest
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import Found, OrderPage, OrderQuery, OrderSearch
    from clickdrop.domain.parcels import Parcel
    from clickdrop.domain.payments import Charge, Charged, Declined
    from clickdrop.domain.returns import Return
    from clickdrop.domain.status import StatusStore
    from clickdrop.domain.user_ports import SessionStore, UserStore
    from clickdrop.domain.users import Known
    from clickdrop.domain.webhooks import WebhookStore


class OrderStore(Protocol):
    """The orders of all accounts, each method on those of one."""

    async def get(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Answer the account's orders among those wanted, by ascending identifier, each once."""
        ...

    async def get_for_update(self, account_id: str, wanted: OrderIdentifiers) -> list[Order]:
        """Do as `get`, in a transaction that is going to change them."""
        ...

    async def among(self, account_id: str, identifiers: Collection[int]) -> list[int]:
        """Answer which of these identifiers, however many, are those of the account's orders."""
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
        """Delete the account's orders with these identifiers."""
        ...


class AccountStore(Protocol):
    """Accounts, and what belongs to them as a whole."""

    async def identify(self, key_digest: str) -> Identity | None:
        """Answer who holds the API key with this digest."""
        ...

    async def get(self, account_id: str) -> Account | None:
        """Answer an account as it is now."""
        ...

    async def all(self) -> list[Account]:
        """Answer all accounts, in the order in which they were made."""
        ...

    async def with_work_due(self, now: datetime, count: int) -> list[str]:
        """Answer so many of the accounts that have a job to be done by now, those that wait longest first."""
        ...

    async def add(self, name: str, kind: AccountKind, *, channel_shipper: bool) -> Account:
        """Add an account."""
        ...

    async def add_user(self, account_id: str, email: str, name: str) -> str:
        """Add a user and answer its identifier."""
        ...

    async def has_user(self, account_id: str, user_id: str) -> bool:
        """Tell whether the user is one of the account's."""
        ...

    async def add_key(self, account_id: str, key_digest: str, user_id: str | None) -> str:
        """Add an API key and answer its identifier."""
        ...

    async def delete_key(self, account_id: str, key_id: str) -> bool:
        """Revoke an API key; false if the account has none with this identifier."""
        ...

    async def add_carrier(self, account_id: str, carrier: Carrier) -> None:
        """Configure a carrier."""
        ...

    async def carriers(self, account_id: str) -> list[Carrier]:
        """Answer the account's carriers by name."""
        ...


class Catalogue(Protocol):
    """What an account saved for use in later orders: its address book, and its products by SKU."""

    async def contact(self, account_id: str, reference: str) -> Contact | None:
        """Answer an entry of the account's address book."""
        ...

    async def contacts(self, account_id: str) -> Mapping[str, Contact]:
        """Answer the account's address book by reference, as far as `MAX_CONTACTS` go."""
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


class ReturnStore(Protocol):
    """The returns of all accounts."""

    async def add(self, account_id: str, item: Return, created_on: datetime) -> None:
        """Add a return."""
        ...


class ItemStore(Protocol):
    """Items in the post, each of which has a serial number that is never given twice."""

    async def add(self, account_id: str, count: int) -> Sequence[int]:
        """Add items of the account, and answer their serial numbers."""
        ...


class CheckoutStore(Protocol):
    """The checkouts of all accounts, each method on those of one."""

    async def add(
        self, account_id: str, request: CheckoutRequest, lines: tuple[CheckoutLine, ...], created_on: datetime
    ) -> Checkout:
        """Add a checkout; the account has none under its key."""
        ...

    async def by_key(self, account_id: str, idempotency_key: str) -> Checkout | None:
        """Answer the account's checkout under a key."""
        ...

    async def get(self, account_id: str, checkout_id: str) -> Checkout | None:
        """Answer one of the account's checkouts."""
        ...

    async def charging(self, account_id: str) -> list[Checkout]:
        """Answer the account's checkouts that wait for the provider to take money."""
        ...

    async def page(self, account_id: str, size: int, before: int | None) -> tuple[list[Checkout], int | None]:
        """Answer so many of the account's checkouts below number `before`, newest first, and the next `before`."""
        ...

    async def save(self, account_id: str, checkout: Checkout) -> None:
        """Store how far a checkout has come."""
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


class JobStore(Protocol):
    """The jobs of all accounts, each method on those of one. A changed job changes when its account has work due."""

    async def put(self, account_id: str, job: Job, file: JobFile | None = None) -> None:
        """Add a job, or store how far it has come, with what it has made."""
        ...

    async def remove(self, account_id: str, job_id: str) -> None:
        """Forget a job."""
        ...

    async def get(self, account_id: str, job_id: str) -> Job | None:
        """Answer one of the account's jobs."""
        ...

    async def file(self, account_id: str, job_id: str) -> JobFile | None:
        """Answer what one of the account's jobs has made."""
        ...

    async def due(self, account_id: str, now: datetime) -> Job | None:
        """Answer the account's job that has been due for longest."""
        ...


class AuditStore(Protocol):
    """What was read of all accounts, each method on one of them."""

    async def add(self, read: Read) -> None:
        """Write down a read."""
        ...

    async def of_credential(
        self, account_id: str, credential_id: str, start: datetime, end: datetime, count: int
    ) -> list[Read]:
        """Answer so many reads of the account's by a credential, from `start` until before `end`, oldest first."""
        ...


class UnitOfWork(Protocol):
    """The stores, within one transaction."""

    @property
    def orders(self) -> OrderStore: ...  # noqa: D102
    @property
    def accounts(self) -> AccountStore: ...  # noqa: D102
    @property
    def catalogue(self) -> Catalogue: ...  # noqa: D102
    @property
    def items(self) -> ItemStore: ...  # noqa: D102
    @property
    def manifests(self) -> ManifestStore: ...  # noqa: D102
    @property
    def returns(self) -> ReturnStore: ...  # noqa: D102
    @property
    def checkouts(self) -> CheckoutStore: ...  # noqa: D102
    @property
    def parcels(self) -> ParcelStore: ...  # noqa: D102
    @property
    def jobs(self) -> JobStore: ...  # noqa: D102
    @property
    def webhooks(self) -> WebhookStore: ...  # noqa: D102
    @property
    def audit(self) -> AuditStore: ...  # noqa: D102
    @property
    def users(self) -> UserStore: ...  # noqa: D102
    @property
    def sessions(self) -> SessionStore: ...  # noqa: D102
    @property
    def status(self) -> StatusStore: ...  # noqa: D102


class Storage(Protocol):
    """Transactions: committed when their block ends, rolled back when it raises or is cancelled."""

    def identifying(self, key_digest: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that sees no more than whose key it is."""
        ...

    def tracking(self, tracking_number: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that sees no more than the parcel with this number."""
        ...

    def knowing(self, what: Known, value: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that sees no more than what is known by this value."""
        ...

    def public(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that sees what is nobody's."""
        ...

    def recording(self, account_id: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that writes what is kept about an account; it stays at its revision."""
        ...

    def reading(self, account_id: str) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that reads one consistent state of what an account owns."""
        ...

    def writing(self, account_id: str) -> AbstractAsyncContextManager[tuple[Account, UnitOfWork]]:
        """Open a transaction that changes what an account owns; it moves the account to its next revision."""
        ...

    def administering(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction about the accounts themselves."""
        ...


class PaymentProvider(Protocol):
    """Takes money and gives it back, each thing once for a key, however often it is asked; amounts are in pounds."""

    async def charge(self, key: str, amount: Decimal, token: str) -> Charged | Declined:
        """Take money from whatever the token stands for; raises `payments.PaymentUnknown`."""
        ...

    async def refund(self, key: str, charge_id: str) -> None:
        """Give a charge back as a whole; raises `payments.PaymentUnknown`."""
        ...

    async def charges(self, key: str) -> list[Charge]:
        """Answer what was taken under a key, or under keys that begin with it; raises `payments.PaymentUnknown`."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class TableFiles(Protocol):
    """Writes tables as files, in which no text is a formula."""

    def csv(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        """Write CSV."""
        ...

    def xlsx(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        """Write a workbook."""
        ...


class Cache(Protocol):
    """Bytes kept for a while. May lose what it was given at any time."""

    async def get(self, key: str) -> bytes | None:
        """Answer what is kept under a key."""
        ...

    async def set(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value under a key for at most so many seconds."""
        ...

    async def check(self) -> None:
        """Raise unless the cache answers."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
