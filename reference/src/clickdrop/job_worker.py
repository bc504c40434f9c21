"""The job worker, beside a server in its process or in one of its own."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from clickdrop.service.job_worker import work_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clickdrop.platform import Platform

_END_SECONDS = 2


@asynccontextmanager
async def working(platform: Platform) -> AsyncIterator[None]:
    """Do what is due for as long as the block lasts. Jobs under way have a moment to end, or are taken again."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, platform.job_worker))
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
        await work_until(stop, platform.job_worker)
    finally:
        await platform.aclose()
