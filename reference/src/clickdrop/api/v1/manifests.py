"""Manifests: make, show, retry."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from clickdrop.api.admission import ObaTenant, platform_of, shown
from clickdrop.api.bodies import describe_body, json_body
from clickdrop.api.responses import WireResponse
from clickdrop.api.v1.description import Responses, refusals
from clickdrop.api.v1.links import LINKS_OF_MANIFEST
from clickdrop.api.v1.queries import Digits
from clickdrop.api.wire.errors import ManifestErrorsResponse
from clickdrop.api.wire.shipments import (
    ManifestDetailsResponse,
    ManifestEligibleOrdersRequest,
    ManifestOrdersResponse,
    manifest_details,
    manifest_orders,
)
from clickdrop.domain.identifiers import MAX_INTEGER

router = APIRouter(prefix="/manifests", tags=["Manifests"])

ManifestNumber = Annotated[
    int,
    Path(alias="manifestIdentifier", ge=1, le=MAX_INTEGER, description="The number that the manifest was given."),
    Digits,
]

_BAD_REQUEST: Responses = {400: {"model": ManifestErrorsResponse, "description": "The request cannot be carried out."}}


@router.post(
    "",
    operation_id="ManifestEligibleAsync",
    summary="Manifest orders",
    status_code=201,
    responses={
        201: {"model": ManifestOrdersResponse, "links": LINKS_OF_MANIFEST},
        **refusals(403, 413, 429),
        **_BAD_REQUEST,
    },
    openapi_extra=describe_body(ManifestEligibleOrdersRequest, required=False),
)
async def manifest_eligible(
    request: Request,
    account: ObaTenant,
    body: Annotated[ManifestEligibleOrdersRequest, Depends(json_body(ManifestEligibleOrdersRequest, required=False))],
) -> Response:
    """Manifest all of the account's orders that wait for it."""
    printed = await platform_of(request).manifests.create(account, body.carrier_name)
    await shown(request, (row.order_identifier for row in printed.manifest.rows))
    return WireResponse(manifest_orders(printed), 201)


@router.get(
    "/{manifestIdentifier}",
    operation_id="GetManifestAsync",
    summary="Show a manifest",
    responses={200: {"model": ManifestDetailsResponse}, **refusals(403, 404, 429), **_BAD_REQUEST},
)
async def get_manifest(request: Request, account: ObaTenant, number: ManifestNumber) -> Response:
    """Answer one of the account's manifests."""
    printed = await platform_of(request).manifests.get(account, number)
    await shown(request, (row.order_identifier for row in printed.manifest.rows))
    return WireResponse(manifest_details(printed))


@router.post(
    "/retry/{manifestIdentifier}",
    operation_id="RetryManifestAsync",
    summary="Retry a manifest",
    status_code=201,
    responses={201: {"model": ManifestOrdersResponse}, **refusals(403, 404, 429), **_BAD_REQUEST},
)
async def retry_manifest(request: Request, account: ObaTenant, number: ManifestNumber) -> Response:
    """Answer one of the account's manifests again; here, none ever fails halfway."""
    printed = await platform_of(request).manifests.get(account, number)
    await shown(request, (row.order_identifier for row in printed.manifest.rows))
    return WireResponse(manifest_orders(printed), 201)
