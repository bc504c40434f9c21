"""A worker: serves from a Unix socket, behind the edge."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from clickdrop.api.request_id import RequestIdFilter
from clickdrop.composition import application, compose
from clickdrop.server import listen_on, serve

if TYPE_CHECKING:
    from pathlib import Path

    from clickdrop.parts import Parts
    from clickdrop.settings import Settings


def work(socket: Path, settings: Settings, parts: Parts) -> None:
    """Serve until told to stop, and log what goes wrong to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(request_id)s %(client)s] %(message)s"))
    handler.addFilter(RequestIdFilter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    app = application(compose(settings, parts))
    asyncio.run(serve(app, listen_on(socket), lambda: None, behind_edge=True))
