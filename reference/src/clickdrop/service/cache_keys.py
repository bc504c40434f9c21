"""Under which keys the service keeps what it reads. The one place where keys are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import OrderQuery
    from clickdrop.domain.printing import LabelOptions


class CacheKeys:
    """Each key names the account and its revision.

    The account, so that nobody is served what is another's. The revision, so that nobody is served what was true
    before a change: a value read at an old revision is kept under a key that no later request asks for, however
    late it arrives.
    """

    def orders(self, account: Account, query: OrderQuery) -> str:
        """Name a page of the account's orders."""
        return _key("orders", account.id, account.revision, query)

    def labels(self, account: Account, orders: Sequence[Order], options: LabelOptions) -> str:
        """Name the printed papers of some of the account's orders."""
        identifiers = [order.identifier for order in orders]
        return _key("labels", account.id, account.revision, identifiers, options)

    def carriers(self, account: Account) -> str:
        """Name the account's carriers."""
        return _key("carriers", account.id, account.revision)


def _key(*parts: object) -> str:
    # repr() quotes texts, so that different parts never make the same key.
    return repr(parts)
