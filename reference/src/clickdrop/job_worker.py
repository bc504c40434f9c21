"""The job worker, beside a server in its process or in one of its own."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from clickdrop.service.jobs import work_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clickdrop.platform import Platform

LOOK_SECONDS = 0.5
"""How long it waits before it looks for work again."""
_END_SECONDS = 2


@asynccontextmanager
async def working(platform: Platform) -> AsyncIterator[None]:
    """Do what is due for as long as the block lasts. A job under way has a moment to end, or is taken again."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, platform.job_worker, LOOK_SECONDS))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait((task,), timeout=_END_SECONDS)
        task.cancel()
        await asyncio.wait((task,))


async def work_alone(platform: Platform) -> None:
    """Do what is due until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await work_until(stop, platform.job_worker, LOOK_SECONDS)
    finally:
        await platform.aclose()
