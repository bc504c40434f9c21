"""What a payment provider may answer; `ports.PaymentProvider` is who is asked."""

from __future__ import annotations

from dataclasses import dataclass


class PaymentUnknown(Exception):
    """Nobody knows whether the provider did it: ask again under the same key."""


@dataclass(frozen=True, slots=True)
class Charged:
    """Money was taken, under the provider's own name for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Charge:
    """What the provider says that it took; `amount_pence` is in pence, `refunded` tells whether it gave it back."""

    id: str
    amount_pence: int
    refunded: bool


@dataclass(frozen=True, slots=True)
class Declined:
    """No money was taken, nor will it be under this key."""

    reason: str
