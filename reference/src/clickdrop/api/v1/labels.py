"""Labels and the papers that go with them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from clickdrop.api.admission import ObaTenant, platform_of, shown
from clickdrop.api.responses import pdf
from clickdrop.api.v1.description import refusals
from clickdrop.api.v1.identifiers import WantedOrders
from clickdrop.api.v1.links import LINKS_OF_LABEL
from clickdrop.api.v1.queries import Flag
from clickdrop.api.wire.errors import OrderErrorResponse
from clickdrop.domain.errors import Fault, InvalidRequest
from clickdrop.domain.printing import DocumentType, LabelOptions

router = APIRouter(tags=["Labels"])


@router.get(
    "/orders/{orderIdentifiers:path}/label",
    operation_id="GetOrdersLabelAsync",
    summary="Print labels",
    response_class=Response,
    responses={
        200: {
            "description": "One PDF file.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            "links": LINKS_OF_LABEL,
        },
        **refusals(403, 404, 429),
        400: {"model": list[OrderErrorResponse], "description": "The orders cannot have these papers."},
    },
)
async def get_orders_label(
    request: Request,
    account: ObaTenant,
    wanted: WantedOrders,
    document_type: Annotated[DocumentType, Query(alias="documentType")],
    include_returns_label: Annotated[
        Flag | None, Query(alias="includeReturnsLabel", description="Must be given for postageLabel.")
    ] = None,
    include_cn: Annotated[
        Flag | None, Query(alias="includeCN", description="With a customs declaration; by default, if it goes abroad.")
    ] = None,
) -> Response:
    """Print those of the orders that the account has, generating labels where there are none."""
    options = LabelOptions(document_type)
    if document_type is DocumentType.POSTAGE_LABEL:
        if include_returns_label is None:
            message = "includeReturnsLabel must be given when documentType is postageLabel."
            raise InvalidRequest(Fault("ReturnsLabelChoiceMissing", message))
        options = LabelOptions(document_type, include_returns_label, include_cn)
    content, printed = await platform_of(request).orders.label(account, wanted, options)
    await shown(request, (order.identifier for order in printed))
    return pdf(content, "labels.pdf")
