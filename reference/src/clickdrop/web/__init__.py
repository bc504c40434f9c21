"""The website: pages for the users of an account, rendered here, which work without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

from clickdrop.web import addresses, doors, events, orders, parcels, payments, settings, status, transfer
from clickdrop.web.pages import HERE, add_error_pages

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.platform import Platform

STATIC_PREFIX = "/static/"
_STATIC = ("site.css", "site.js")
_STATIC_HEADERS = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}


async def _static(request: Request) -> Response:
    return FileResponse(HERE / "static" / request.url.path.removeprefix(STATIC_PREFIX), headers=_STATIC_HEADERS)


def website(platform: Platform) -> Starlette:
    """Answer the website on a platform."""
    modules = (doors, transfer, events, orders, payments, parcels, addresses, settings, status)
    app = Starlette(
        routes=[
            *(route for module in modules for route in module.ROUTES),
            *(Route(STATIC_PREFIX + name, _static) for name in _STATIC),
        ]
    )
    app.router.redirect_slashes = False
    app.state.platform = platform
    app.state.streams = events.Streams()
    add_error_pages(app)
    return app
