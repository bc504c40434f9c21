"""The shop: what tenants do beside the published API. Paying for postage, tracking, and what takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from clickdrop.api.errors import add_error_handlers
from clickdrop.api.shop import checkouts, jobs, parcels
from clickdrop.api.v1.description import describe

if TYPE_CHECKING:
    from clickdrop.platform import Platform


def shop_api(platform: Platform | None) -> FastAPI:
    """Answer the shop's API on a platform; without one it can only describe itself."""
    app = FastAPI(
        title="Click & Drop reference service: the shop",
        description="Paying for postage, tracking parcels, and jobs of a multi-tenant shipping service.",
        servers=[{"url": "/shop/v1"}],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.platform = platform
    for module in (checkouts, parcels, jobs):
        app.router.routes.extend(module.router.routes)
    app.add_route("/openapi.json", describe, include_in_schema=False)
    add_error_handlers(app)
    return app
