"""Responses about parcels: to their merchants, and to anybody."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clickdrop.api.wire.base import ResponseModel
from clickdrop.domain.parcels import ParcelStatus

if TYPE_CHECKING:
    from clickdrop.domain.parcels import Parcel


class ParcelEventResource(ResponseModel):
    """Something that happened to a parcel."""

    status: ParcelStatus
    at: datetime


class TrackingResource(ResponseModel):
    """A parcel as anybody sees it who has its number: where it is, never whose it is or where it goes."""

    tracking_number: str
    status: ParcelStatus
    events: list[ParcelEventResource]


class ParcelResource(TrackingResource):
    """A parcel as its merchant sees it."""

    order_identifier: int


class ParcelsResource(ResponseModel):
    """A page of parcels."""

    parcels: list[ParcelResource]
    next_before: str | None = None


def tracking_resource(parcel: Parcel) -> TrackingResource:
    """Show a parcel to anybody."""
    return TrackingResource(tracking_number=parcel.tracking_number, status=parcel.status, events=_events(parcel))


def parcel_resource(parcel: Parcel) -> ParcelResource:
    """Show a parcel to its merchant."""
    return ParcelResource(
        tracking_number=parcel.tracking_number,
        status=parcel.status,
        events=_events(parcel),
        order_identifier=parcel.order_identifier,
    )


def _events(parcel: Parcel) -> list[ParcelEventResource]:
    return [ParcelEventResource(status=event.status, at=event.at) for event in parcel.events]
