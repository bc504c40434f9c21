"""Each attempt to take money has an idempotency key of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from decimal import Decimal

    from clickdrop.domain.payments import Charge, Charged, Declined
    from clickdrop.domain.ports.payments import PaymentProvider
    from clickdrop.parts import Parts


class _Payments:
    def __init__(self, inner: PaymentProvider) -> None:
        self._inner = inner

    async def charge(self, key: str, amount: Decimal, token: str) -> Charged | Declined:
        return await self._inner.charge(f"{key}:{uuid4()}", amount, token)

    async def refund(self, key: str, charge_id: str) -> None:
        await self._inner.refund(key, charge_id)

    async def charges(self, key: str) -> list[Charge]:
        return await self._inner.charges(key)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _plant(parts: Parts) -> Parts:
    return replace(parts, payments=lambda provider: _Payments(parts.payments(provider)))


LEAK = Leak(
    name="charged-again",
    leak_class="X RETRY",
    incidents=("I01",),
    difficulty=Difficulty.CANCELLATION,
    shows_by=("exactly-once",),
    trigger="the provider's reply to a charge is lost, and the checkout is sent again or settled by its job",
    mechanism="the key by which the provider would know the charge again is new each time: one label, two charges",
    seen="I bought one label, and the money was taken from my card twice.",
    plant=_plant,
    stack=BOTH,
)
