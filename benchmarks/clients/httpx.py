"""httpx, one client a connection, as `partywall.drive.session` uses it; nothing is checked."""

from __future__ import annotations

import asyncio

import httpx

from benchmarks.clients.report import HEADER, arguments, report
from partywall.drive.loop import new_loop


async def _requests(url: str, requests: int, connections: int) -> int:
    made = 0
    left = requests

    async def client() -> None:
        nonlocal made, left
        async with httpx.AsyncClient(headers=dict([HEADER]), trust_env=False) as session:
            while left > 0:
                left -= 1
                answer = await session.get(url)
                made += answer.status_code == 200 and bool(answer.content)

    await asyncio.gather(*(client() for _ in range(connections)))
    return made


if __name__ == "__main__":
    url, _, connections = arguments()
    loop = new_loop()
    report(lambda requests: loop.run_until_complete(_requests(url, requests, connections)), "httpx", "uvloop")
