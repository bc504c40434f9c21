"""Where parcels are: the page of their merchant, and the one for anybody who has a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from clickdrop.domain.errors import NotFound
from clickdrop.domain.parcels import ParcelStatus
from clickdrop.domain.tracking import is_tracking_number
from clickdrop.web.admission import asked, member_page, platform_of
from clickdrop.web.pages import HEADERS, page, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from clickdrop.domain.users import Member

TRACKING_PREFIX = "/tracking/"
_NUMBER_LENGTH_MAX = 40
PARCEL_WORDS: Mapping[ParcelStatus, str] = {
    ParcelStatus.LABEL_CREATED: "Label made",
    ParcelStatus.MANIFESTED: "Announced",
    ParcelStatus.COLLECTED: "Collected",
    ParcelStatus.IN_TRANSIT: "On its way",
    ParcelStatus.OUT_FOR_DELIVERY: "Out for delivery",
    ParcelStatus.DELIVERED: "Delivered",
    ParcelStatus.CANCELLED: "Cancelled",
}


async def show_parcels(request: Request, member: Member) -> Response:
    """Show a page of the account's parcels."""
    before = asked(request, "before")
    found, next_before = await platform_of(request).till.parcels(member, before if is_tracking_number(before) else None)
    return page(request, "parcels.html", member, parcels=found, next_before=next_before, words=PARCEL_WORDS)


async def track(request: Request) -> Response:
    """Say where a parcel is to whoever has its number, and no more of it. It asks nobody who they are."""
    number = request.path_params.get("number", asked(request, "number")).strip().upper()[:_NUMBER_LENGTH_MAX]
    parcel, status = None, 200
    if number:
        try:
            parcel = await platform_of(request).parcels.track(number)
        except NotFound:
            status = 404
    shown = {"number": number, "events": parcel.events if parcel else (), "words": PARCEL_WORDS}
    return Response(render("tracking.html", **shown), status, HEADERS, "text/html")


ROUTES = (
    member_page("/parcels", show_parcels),
    Route(TRACKING_PREFIX.rstrip("/"), track),
    Route(TRACKING_PREFIX + "{number}", track),
)
