"""Parcels on their way: what has become of each item that was given a tracking number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from clickdrop.domain.orders import TransitionRefused


class ParcelStatus(StrEnum):
    """How far a parcel has come, in this order; a `cancelled` one goes no further."""

    LABEL_CREATED = "labelCreated"
    MANIFESTED = "manifested"
    COLLECTED = "collected"
    IN_TRANSIT = "inTransit"
    OUT_FOR_DELIVERY = "outForDelivery"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


_ORDER = list(ParcelStatus)
_LAST = {ParcelStatus.DELIVERED, ParcelStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class ParcelEvent:
    """Something that happened to a parcel."""

    status: ParcelStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """An item with a tracking number, and what has happened to it so far: at least that its label was made."""

    tracking_number: str
    order_identifier: int
    events: tuple[ParcelEvent, ...]

    @property
    def status(self) -> ParcelStatus:
        """How far it has come."""
        return self.events[-1].status

    @property
    def is_posted(self) -> bool:
        """Tell whether it has left, or is about to."""
        return self.status not in {ParcelStatus.LABEL_CREATED, ParcelStatus.CANCELLED}


def new_parcel(tracking_number: str, order_identifier: int, now: datetime) -> Parcel:
    """Answer a parcel whose label was just made."""
    return Parcel(tracking_number, order_identifier, (ParcelEvent(ParcelStatus.LABEL_CREATED, now),))


def happen(parcel: Parcel, status: ParcelStatus, at: datetime) -> Parcel:
    """Add what happened; raises `TransitionRefused` for what can't follow on what has happened before."""
    ahead = _ORDER.index(status) > _ORDER.index(parcel.status)
    if parcel.status in _LAST or not ahead or (status is ParcelStatus.CANCELLED and parcel.is_posted):
        message = f"A parcel that is {parcel.status} cannot become {status}."
        raise TransitionRefused("ParcelEventNotPossible", message)
    return replace(parcel, events=(*parcel.events, ParcelEvent(status, at)))
