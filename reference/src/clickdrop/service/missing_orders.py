"""What is said about orders that an account does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clickdrop.domain.accounts import Account
    from clickdrop.domain.identifiers import OrderIdentifiers


class MissingOrders(Protocol):
    """Words the answer to a request none of whose orders the account has."""

    async def describe(self, account: Account, wanted: OrderIdentifiers) -> str:
        """Answer the message."""
        ...


class PlainMissingOrders:
    """Says the same of orders that are another account's and of orders that nobody has."""

    async def describe(self, account: Account, wanted: OrderIdentifiers) -> str:
        """Answer the message."""
        del account, wanted
        return "None of the orders exists."
