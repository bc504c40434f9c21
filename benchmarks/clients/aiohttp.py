"""aiohttp, one session with so many connections; nothing is checked."""

from __future__ import annotations

import asyncio

import aiohttp

from benchmarks.clients.report import HEADER, arguments, report
from partywall.drive.loop import new_loop


async def _requests(url: str, requests: int, connections: int) -> int:
    made = 0
    left = requests

    async def client(session: aiohttp.ClientSession) -> None:
        nonlocal made, left
        while left > 0:
            left -= 1
            async with session.get(url) as answer:
                made += answer.status == 200 and bool(await answer.read())

    async with aiohttp.ClientSession(
        headers=dict([HEADER]), connector=aiohttp.TCPConnector(limit=connections)
    ) as session:
        await asyncio.gather(*(client(session) for _ in range(connections)))
    return made


if __name__ == "__main__":
    url, _, connections = arguments()
    loop = new_loop()
    report(lambda requests: loop.run_until_complete(_requests(url, requests, connections)), "aiohttp", "uvloop")
