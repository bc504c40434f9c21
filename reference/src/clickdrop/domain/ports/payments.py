"""Checkouts, and who takes the money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from clickdrop.domain.checkouts import Checkout, CheckoutLine, CheckoutRequest
    from clickdrop.domain.payments import Charge, Charged, Declined


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
