"""The tenants' API, version 1: the 15 operations of the published interface and of its later additions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from clickdrop.api.errors import add_error_handlers
from clickdrop.api.v1 import labels, manifests, orders, returns, version
from clickdrop.api.v1.description import describe

if TYPE_CHECKING:
    from clickdrop.platform import Platform


def tenants_api(platform: Platform | None) -> FastAPI:
    """Answer the tenants' API on a platform; without one it can only describe itself."""
    app = FastAPI(
        title="Click & Drop reference service",
        description="A multi-tenant shipping service, for testing isolation tests.",
        servers=[{"url": "/api/v1"}],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.platform = platform
    for module in (version, orders, labels, manifests, returns):
        # Flat, not included: an included router matches each path twice, and hides its methods from a 405.
        app.router.routes.extend(module.router.routes)
    app.add_route("/openapi.json", describe, include_in_schema=False)
    add_error_handlers(app)
    return app
