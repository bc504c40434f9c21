"""The API's version and the account's carriers."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from clickdrop.api.admission import Tenant, platform_of
from clickdrop.api.responses import PUBLIC, WireResponse
from clickdrop.api.v1.description import refusals
from clickdrop.api.wire.shipments import GetCarrierResource, GetVersionResource, carriers

router = APIRouter()

_VERSION = GetVersionResource(build="0.1.0", release="clickdrop", release_date=datetime(2026, 11, 24, tzinfo=UTC))


@router.get(
    "/version",
    operation_id="GetVersionAsync",
    summary="Say which release answers",
    tags=["Version"],
    responses={200: {"model": GetVersionResource}},
)
async def get_version() -> Response:
    """Answer the release; needs no key."""
    return WireResponse(_VERSION, headers=PUBLIC)


@router.get(
    "/carriers",
    operation_id="GetCarriersAsync",
    summary="Show the account's carriers",
    tags=["Carriers"],
    responses={200: {"model": list[GetCarrierResource]}, **refusals(429)},
)
async def get_carriers(request: Request, account: Tenant) -> Response:
    """Answer the carriers that the account has configured."""
    return WireResponse(carriers(await platform_of(request).carriers.all(account)))
