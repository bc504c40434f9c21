"""Transactions, and the stores within one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.ports.accounts import AccountStore, AuditStore
    from clickdrop.domain.ports.jobs import JobStore
    from clickdrop.domain.ports.orders import Catalogue, ItemStore, ManifestStore, OrderStore, ParcelStore, ReturnStore
    from clickdrop.domain.ports.payments import CheckoutStore
    from clickdrop.domain.ports.users import SessionStore, UserStore
    from clickdrop.domain.status import StatusStore
    from clickdrop.domain.users import Known
    from clickdrop.domain.webhooks import WebhookStore


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
