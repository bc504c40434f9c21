"""Whether this process can serve: what an edge or a supervisor asks."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from clickdrop.api.responses import PRIVATE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from clickdrop.platform import Platform

HEALTH_PATH = "/health"
_WAIT_SECONDS = 2.0
_log = logging.getLogger(__name__)


def health_route(platform: Platform) -> Route:
    """Answer a route that is 200 while the database and the cache answer, else 503, and says which does not."""

    async def health(_request: Request) -> Response:
        parts = {}
        for name, check in (("database", platform.storage.check), ("cache", platform.cache.check)):
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await check()
                parts[name] = "ok"
            except Exception as error:  # whatever it is, it is not well
                _log.warning("the %s does not answer: %r", name, error)
                parts[name] = "away"
        return JSONResponse(parts, 200 if set(parts.values()) == {"ok"} else 503, PRIVATE)

    return Route(HEALTH_PATH, health)
