"""A worker, which serves from a Unix socket behind the edge, and the job worker, which does what is due."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from clickdrop.api.request_id import RequestIdFilter
from clickdrop.composition import application, compose
from clickdrop.job_worker import work_alone
from clickdrop.server import listen_on, serve

if TYPE_CHECKING:
    from pathlib import Path

    from clickdrop.parts import Parts
    from clickdrop.settings import Settings


def work(socket: Path, settings: Settings, parts: Parts) -> None:
    """Serve until told to stop, and log what goes wrong to standard error."""
    _log()
    app = application(compose(settings, parts))
    asyncio.run(serve(app, listen_on(socket), lambda: None, behind_edge=True, protocol=parts.protocol))


def do_jobs(settings: Settings, parts: Parts) -> None:
    """Do what jobs are due until told to stop, and log what goes wrong to standard error."""
    _log()
    asyncio.run(work_alone(compose(settings, parts)))


def _log() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(request_id)s %(client)s] %(message)s"))
    handler.addFilter(RequestIdFilter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
