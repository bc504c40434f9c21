"""Tracking: the merchant's parcels, and what anybody may know of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from clickdrop.api.admission import Tenant, platform_of, shown
from clickdrop.api.responses import WireResponse
from clickdrop.api.v1.description import refusals
from clickdrop.api.v1.queries import Digits
from clickdrop.api.wire.errors import ErrorResponse
from clickdrop.api.wire.parcels import (
    ParcelResource,
    ParcelsResource,
    TrackingResource,
    parcel_resource,
    tracking_resource,
)
from clickdrop.domain.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from clickdrop.domain.tracking import TRACKING_NUMBER

router = APIRouter(tags=["Parcels"])

TrackingNumber = Annotated[str, Path(alias="trackingNumber", json_schema_extra={"pattern": f"^{TRACKING_NUMBER}$"})]


@router.get(
    "/parcels",
    operation_id="GetParcels",
    summary="List parcels",
    responses={200: {"model": ParcelsResource}, **refusals(400, 429)},
)
async def get_parcels(
    request: Request,
    account: Tenant,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MAX_PAGE_SIZE), Digits] = DEFAULT_PAGE_SIZE,
    before: Annotated[
        str | None,
        Query(pattern=f"^{TRACKING_NUMBER}$", description="Older than this parcel: nextBefore of the page before."),
    ] = None,
) -> Response:
    """Answer a page of the account's parcels, latest label first."""
    found, next_before = await platform_of(request).parcels.page(account, page_size, before)
    await shown(request, (parcel.order_identifier for parcel in found))
    return WireResponse(ParcelsResource(parcels=[parcel_resource(each) for each in found], next_before=next_before))


@router.get(
    "/parcels/{trackingNumber}",
    operation_id="GetParcel",
    summary="Show a parcel",
    responses={200: {"model": ParcelResource}, **refusals(404, 429)},
)
async def get_parcel(request: Request, account: Tenant, tracking_number: TrackingNumber) -> Response:
    """Answer one of the account's parcels."""
    parcel = await platform_of(request).parcels.get(account, tracking_number)
    await shown(request, (parcel.order_identifier,))
    return WireResponse(parcel_resource(parcel))


@router.get(
    "/tracking/{trackingNumber}",
    operation_id="TrackParcel",
    summary="Say where a parcel is",
    responses={
        200: {"model": TrackingResource},
        404: {"model": ErrorResponse, "description": "No parcel has this number."},
    },
)
async def track_parcel(request: Request, tracking_number: TrackingNumber) -> Response:
    """Answer what has happened to a parcel, to anybody who has its number; needs no key."""
    return WireResponse(tracking_resource(await platform_of(request).parcels.track(tracking_number)))
