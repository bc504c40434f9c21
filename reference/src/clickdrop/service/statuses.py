"""Setting the status of an account's orders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from clickdrop.domain import orders as life
from clickdrop.domain.errors import Fault
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.notices import Event
from clickdrop.domain.orders import OtherCourier, TransitionRefused
from clickdrop.service.notices import announce
from clickdrop.service.parcels import cancel_parcels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.storage import Storage, UnitOfWork


class SettableStatus(StrEnum):
    """What a tenant may set an order to, by its published name."""

    NEW = "new"
    DESPATCHED = "despatched"
    DESPATCHED_BY_OTHER_COURIER = "despatchedByOtherCourier"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One order, by its identifier or by its reference, and what is to become of it."""

    order_identifier: int | None = None
    order_reference: str | None = None
    status: SettableStatus | None = None
    tracking_number: str | None = None
    despatch_date: datetime | None = None
    shipping_carrier: str | None = None
    shipping_service: str | None = None


@dataclass(frozen=True, slots=True)
class StatusChanges:
    """What became of a batch."""

    updated: tuple[Order, ...]
    faults: tuple[Fault, ...]

    @property
    def orders(self) -> list[int]:
        """The orders of which it tells something: a fault that has a status tells it, others say what was asked."""
        refused = (fault.order_identifier for fault in self.faults if fault.status is not None)
        return [order.identifier for order in self.updated] + [each for each in refused if each is not None]


class Statuses:
    """The use case of order statuses."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock

    async def set(self, account: Account, changes: Sequence[StatusChange]) -> StatusChanges:
        """Change the orders that can be changed, all in one transaction; later changes see earlier ones."""
        updated: list[Order] = []
        faults: list[Fault] = []
        async with self._storage.writing(account.id) as (current, work):
            for change in changes:
                outcome = await self._set(work, current, change)
                if isinstance(outcome, Fault):
                    faults.append(outcome)
                else:
                    updated.append(outcome)
        return StatusChanges(tuple(updated), tuple(faults))

    async def _set(self, work: UnitOfWork, account: Account, change: StatusChange) -> Order | Fault:
        identifier, reference = change.order_identifier, change.order_reference
        if (identifier is None) == (reference is None):
            message = "Exactly one of orderIdentifier and orderReference must be given."
            return Fault("AmbiguousOrder", message, identifier, reference)
        if change.status is None:
            return Fault("StatusMissing", "status must be given.", identifier, reference)
        wanted = OrderIdentifiers(
            () if identifier is None else (identifier,), () if reference is None else (reference,)
        )
        found = await work.orders.get_for_update(account.id, wanted)
        if not found:
            return Fault("NotFound", "There is no such order.", identifier, reference)
        order = found[0]
        try:
            changed = self._change(account, order, change)
        except TransitionRefused as refused:
            return Fault(refused.code, refused.message, order.identifier, order.reference, order.status)
        await work.orders.save(account.id, [changed])
        await cancel_parcels(
            work, account.id, set(order.tracking_numbers) - set(changed.tracking_numbers), self._clock()
        )
        if changed.status is not order.status and change.status is not SettableStatus.NEW:
            await announce(work, account.id, Event.ORDER_DESPATCHED, changed, self._clock())
        return changed

    def _change(self, account: Account, order: Order, change: StatusChange) -> Order:
        match change.status:
            case SettableStatus.NEW:
                return life.reset(order)
            case SettableStatus.DESPATCHED:
                return life.despatch(order, self._clock())
            case _:
                return life.despatch_by_other_courier(order, self._other_courier(account, change))

    def _other_courier(self, account: Account, change: StatusChange) -> OtherCourier:
        if not account.channel_shipper:
            message = "despatchedByOtherCourier is for ChannelShipper accounts only."
            raise TransitionRefused("FeatureNotAvailable", message)
        details = (change.despatch_date, change.shipping_carrier, change.shipping_service)
        if change.tracking_number is not None and None in details:
            message = "trackingNumber needs despatchDate, shippingCarrier and shippingService beside it."
            raise TransitionRefused("IncompleteDespatch", message)
        return OtherCourier(
            despatched_on=change.despatch_date or self._clock(),
            tracking_number=change.tracking_number,
            carrier=change.shipping_carrier,
            service=change.shipping_service,
        )
