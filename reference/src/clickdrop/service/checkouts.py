"""Paying for postage: each checkout is charged and labelled once, or neither.

What is to be done is written down before the provider is asked, in a transaction that leaves a job behind to do it. So
whatever ends a request (a lost reply, a hung-up client, a crash) leaves a checkout that says what is open, and a job
that settles it; and since the provider does each thing once for a key, it does not matter how many settle it at once.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from clickdrop.domain import checkouts as life
from clickdrop.domain import orders as order_life
from clickdrop.domain.checkouts import Checkout, CheckoutLine, CheckoutStatus, postage_of
from clickdrop.domain.errors import Conflict, Fault, InvalidRequest, NotFound
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.jobs import Job, JobKind
from clickdrop.domain.payments import Charged, Declined, PaymentUnknown
from clickdrop.service.parcels import cancel_parcels
from clickdrop.service.printing import apply_postage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.checkouts import CheckoutRequest
    from clickdrop.domain.orders import Order
    from clickdrop.domain.payments import Charge
    from clickdrop.domain.ports.payments import PaymentProvider
    from clickdrop.domain.ports.storage import Storage, UnitOfWork

SETTLED_BY_JOB_AFTER = timedelta(seconds=5)
"""How long a request has to settle its checkout itself."""
_log = logging.getLogger(__name__)


class Checkouts:
    """The use cases of paying."""

    def __init__(self, storage: Storage, payments: PaymentProvider, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._payments = payments
        self._clock = clock

    async def basket(self, account: Account) -> list[CheckoutLine]:
        """Answer the postage of as many of the account's orders as one checkout takes, newest first."""
        async with self._storage.reading(account.id) as work:
            waiting = await work.orders.awaiting_postage(account.id, life.MAX_ORDERS)
        return [line for line in map(postage_of, waiting) if isinstance(line, CheckoutLine)]

    async def quote(self, account: Account, identifiers: Sequence[int]) -> tuple[CheckoutLine, ...]:
        """Answer what postage of the account's orders costs; raises `NotFound` or `InvalidRequest`."""
        async with self._storage.reading(account.id) as work:
            found = await work.orders.get(account.id, OrderIdentifiers(tuple(identifiers), ()))
        return _lines(found, identifiers)

    async def pay(self, account: Account, request: CheckoutRequest) -> Checkout:
        """Pay for the orders and generate their labels; the same request again is answered the same checkout.

        A checkout that is not settled is settled later. Raises `NotFound` or `InvalidRequest` for orders that can't be
        paid for, and `Conflict` if the key was used for other orders.
        """
        async with self._storage.writing(account.id) as (current, work):
            checkout = await work.checkouts.by_key(current.id, request.idempotency_key)
            if checkout is None:
                checkout = await self._begin(work, current, request)
        if not checkout.is_of(request):
            message = "The Idempotency-Key was used for another checkout: use a new one."
            raise Conflict("IdempotencyKeyReused", message)
        return await self._settle(account.id, checkout)

    async def get(self, account: Account, checkout_id: str) -> Checkout:
        """Answer one of the account's checkouts; raises `NotFound`."""
        async with self._storage.reading(account.id) as work:
            return _found(await work.checkouts.get(account.id, checkout_id))

    async def charges(self, checkout_id: str) -> list[Charge]:
        """Answer what the provider says that it took for a checkout, whoever's; raises `PaymentUnknown`."""
        return await self._payments.charges(checkout_id)

    async def page(self, account: Account, size: int, before: int | None) -> tuple[list[Checkout], int | None]:
        """Answer so many of the account's checkouts, newest first, and where the next page starts."""
        async with self._storage.reading(account.id) as work:
            return await work.checkouts.page(account.id, size, before)

    async def labelled_orders(self, account: Account, checkout_id: str) -> list[Order]:
        """Answer the orders of a checkout that have the labels it paid for; raises `NotFound` if there is none."""
        async with self._storage.reading(account.id) as work:
            checkout = _found(await work.checkouts.get(account.id, checkout_id))
            orders = await _labelled(work, account.id, checkout)
        if not orders:
            raise NotFound("The checkout has no labels.")
        return orders

    async def refund(self, account: Account, checkout_id: str) -> Checkout:
        """Give a checkout's money back, and make its labels void; asked again, it answers what became of it.

        Raises `NotFound`, or `InvalidRequest` unless it is paid and none of its parcels is on its way.
        """
        async with self._storage.writing(account.id) as (current, work):
            checkout = _found(await work.checkouts.get(current.id, checkout_id))
            if checkout.status is CheckoutStatus.LABELLED:
                checkout = await self._void(work, current.id, checkout)
        if checkout.status not in {CheckoutStatus.REFUNDING, CheckoutStatus.REFUNDED}:
            raise InvalidRequest(Fault("NothingToRefund", f"A checkout that is {checkout.status} has no refund."))
        return await self._settle(account.id, checkout)

    async def settle(self, account_id: str, checkout_id: str) -> bool:
        """Bring a checkout as far as it goes; true if nothing is open any more."""
        async with self._storage.reading(account_id) as work:
            checkout = await work.checkouts.get(account_id, checkout_id)
        return checkout is None or (await self._settle(account_id, checkout)).is_settled

    async def _begin(self, work: UnitOfWork, account: Account, request: CheckoutRequest) -> Checkout:
        identifiers = request.order_identifiers
        found = await work.orders.get_for_update(account.id, OrderIdentifiers(identifiers, ()))
        lines = _lines(found, identifiers)
        charging = await work.checkouts.charging(account.id)
        taken = {line.order_identifier for other in charging for line in other.lines} & set(identifiers)
        if taken:
            message = "The order is being paid for by another checkout."
            raise InvalidRequest(*(Fault("OrderInCheckout", f"{i}: {message}", i) for i in sorted(taken)))
        checkout = await work.checkouts.add(account.id, request, lines, self._clock())
        await self._leave_job(work, account.id, checkout)
        return checkout

    async def _settle(self, account_id: str, checkout: Checkout) -> Checkout:
        """Ask the provider for what is open, in no transaction, and write down what it answers."""
        while not checkout.is_settled:
            try:
                if checkout.status is CheckoutStatus.CHARGING:
                    outcome = await self._payments.charge(checkout.id, checkout.total, checkout.request.payment_token)
                else:
                    assert checkout.charge_id is not None, "what was not charged is not refunded"
                    await self._payments.refund(f"{checkout.id}:refund", checkout.charge_id)
                    outcome = None
            except PaymentUnknown as error:
                _log.warning("checkout %s stays %s: %s", checkout.id, checkout.status, error)
                return checkout
            checkout = await self._write_down(account_id, checkout, outcome)
        return checkout

    async def _write_down(self, account_id: str, before: Checkout, outcome: Charged | Declined | None) -> Checkout:
        async with self._storage.writing(account_id) as (account, work):
            checkout = _found(await work.checkouts.get(account.id, before.id))
            if checkout.status is not before.status:
                return checkout  # somebody else was told the same, and was faster
            now = self._clock()
            match outcome:
                case Charged(charge_id):
                    checkout = await self._label(work, account.id, checkout, charge_id, now)
                case Declined(reason):
                    checkout = life.refuse(checkout, reason)
                case None:
                    checkout = life.given_back(checkout, now)
            await work.checkouts.save(account.id, checkout)
            if checkout.is_settled:
                await work.jobs.remove(account.id, checkout.id)
        return checkout

    async def _label(
        self, work: UnitOfWork, account_id: str, checkout: Checkout, charge_id: str, now: datetime
    ) -> Checkout:
        wanted = OrderIdentifiers(tuple(line.order_identifier for line in checkout.lines), ())
        orders = {order.identifier: order for order in await work.orders.get_for_update(account_id, wanted)}
        for line in checkout.lines:
            order = orders.get(line.order_identifier)
            if order is None or postage_of(order) != line:
                reason = f"Order {line.order_identifier} was changed or deleted while it was paid for."
                return life.give_back(checkout, charge_id, reason, now)
        labelled = [
            await apply_postage(work, account_id, orders[line.order_identifier], now) for line in checkout.lines
        ]
        return life.label(checkout, charge_id, labelled, now)

    async def _void(self, work: UnitOfWork, account_id: str, checkout: Checkout) -> Checkout:
        numbers = [number for each in checkout.tracking_numbers for number in each]
        posted = [parcel for parcel in await work.parcels.get(account_id, numbers) if parcel.is_posted]
        orders = await _labelled(work, account_id, checkout)
        if posted or any(order.shipped_on or order.manifested_on for order in orders):
            message = "A parcel of the checkout is on its way: its postage is spent."
            raise InvalidRequest(Fault("ParcelPosted", message))
        now = self._clock()
        await work.orders.save(account_id, [order_life.reset(order) for order in orders])
        await cancel_parcels(work, account_id, numbers, now)
        assert checkout.charge_id is not None, "what has labels was charged"
        refunding = life.give_back(checkout, checkout.charge_id, "Refund asked for.", now)
        await work.checkouts.save(account_id, refunding)
        await self._leave_job(work, account_id, refunding)
        return refunding

    async def _leave_job(self, work: UnitOfWork, account_id: str, checkout: Checkout) -> None:
        now = self._clock()
        await work.jobs.put(account_id, Job(checkout.id, JobKind.SETTLEMENT, now, now + SETTLED_BY_JOB_AFTER))


async def _labelled(work: UnitOfWork, account_id: str, checkout: Checkout) -> list[Order]:
    """Answer the orders whose labels are still those that the checkout paid for."""
    paid = dict(zip((line.order_identifier for line in checkout.lines), checkout.tracking_numbers, strict=False))
    orders = await work.orders.get_for_update(account_id, OrderIdentifiers(tuple(paid), ()))
    return [order for order in orders if order.tracking_numbers == paid[order.identifier]]


def _lines(found: Sequence[Order], identifiers: Sequence[int]) -> tuple[CheckoutLine, ...]:
    """Answer the postage of the orders in the order of their identifiers, or refuse them all."""
    orders = {order.identifier: order for order in found}
    if not all(identifier in orders for identifier in identifiers):
        raise NotFound("There is no such order.")
    priced = [postage_of(orders[identifier]) for identifier in identifiers]
    faults = [each for each in priced if isinstance(each, Fault)]
    if faults:
        raise InvalidRequest(*faults)
    return tuple(each for each in priced if isinstance(each, CheckoutLine))


def _found(checkout: Checkout | None) -> Checkout:
    if checkout is None:
        raise NotFound("There is no such checkout.")
    return checkout
