"""Returns: make, show the services."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from clickdrop.api.admission import Tenant, platform_of
from clickdrop.api.bodies import describe_body, json_body
from clickdrop.api.responses import WireResponse
from clickdrop.api.v1.description import refusals
from clickdrop.api.wire.shipments import (
    CreateReturnRequest,
    CreateReturnResponse,
    GetServicesResponse,
    created_return,
    return_content,
    return_services,
)
from clickdrop.domain.tariff import RETURN_SERVICES

router = APIRouter(prefix="/returns", tags=["Returns"])


@router.post(
    "",
    operation_id="CreateReturnAsync",
    summary="Make a return",
    responses={200: {"model": CreateReturnResponse}, **refusals(400, 413, 429)},
    openapi_extra=describe_body(CreateReturnRequest),
)
async def create_return(
    request: Request, account: Tenant, body: Annotated[CreateReturnRequest, Depends(json_body(CreateReturnRequest))]
) -> Response:
    """Make a return from a customer to the account's shop."""
    return WireResponse(created_return(await platform_of(request).returns.create(account, return_content(body))))


@router.get(
    "/services",
    operation_id="GetReturnServicesAsync",
    summary="Show the services for returns",
    responses={200: {"model": GetServicesResponse}, **refusals(429)},
)
async def get_services(account: Tenant) -> Response:
    """Answer the services for returns, the same for every account."""
    del account
    return WireResponse(return_services(RETURN_SERVICES.values()))
