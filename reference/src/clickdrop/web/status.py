"""The status page, which is there for everybody and at all times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from clickdrop.web.admission import platform_of
from clickdrop.web.pages import HEADERS, render

if TYPE_CHECKING:
    from starlette.requests import Request

STATUS_PATH = "/status"


async def show_status(request: Request) -> Response:
    """Say what works, what has gone wrong, and whether the platform is closed. It asks nobody who they are."""
    status = await platform_of(request).operations.status()
    return Response(render("status.html", status=status), 200, HEADERS, "text/html")


ROUTES = (Route(STATUS_PATH, show_status),)
