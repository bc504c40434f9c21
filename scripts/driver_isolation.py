"""Does partywall itself ever mix sessions up? Many sessions call a server that echoes who called; some are cancelled.

    PYTHONPATH=. python scripts/driver_isolation.py [REQUESTS [SESSIONS]]

Each answer has to name the credential, the cookie and the path of its own request. Prints figures; exits 1 if one did
not, or if not all were answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from partywall.drive.trial import Trial
from partywall.model import Request
from tests.partywall.drive import echoing

if TYPE_CHECKING:
    from partywall.drive.client import Client
    from partywall.model import Exchange

CANCELLED_SHARE = 0.02
SECONDS_MAX = 3600.0


class Count:
    """What became of the requests."""

    def __init__(self, requests: int) -> None:
        self.left = requests
        self.answered = self.mixed = self.cancelled = self.faults = 0
        self.until = time.monotonic() + SECONDS_MAX

    def take(self) -> bool:
        """May one more be sent?"""
        self.left -= 1
        return self.left >= 0 and time.monotonic() < self.until

    def heard(self, exchange: Exchange) -> None:
        """An answer has come."""
        if exchange.status != 200:
            self.faults += 1
            return
        self.answered += 1
        self.mixed += echoing.mixed(exchange) or json.loads(exchange.body)["path"] != exchange.url


async def session(client: Client, count: Count, randoms: random.Random) -> None:
    """Send one request after the other; cancel some of them a few turns of the loop after they were begun."""
    number = 0
    while count.take():
        number += 1
        request = Request("who", "GET", f"/{client.tenant.number}/{number}")
        if randoms.random() >= CANCELLED_SHARE:
            await client.send(request, keep=_keep_none)
            continue
        sending = asyncio.ensure_future(client.send(request, keep=_keep_none))
        for _ in range(randoms.randrange(4)):
            await asyncio.sleep(0)
        if sending.cancel():
            count.cancelled += 1
        await asyncio.wait([sending])


async def all_sessions(clients: list[Client], count: Count) -> None:
    """All at once."""
    await asyncio.gather(*(session(client, count, random.Random(n)) for n, client in enumerate(clients)))


def _keep_none(_: Exchange) -> bool:
    return False


def run(requests: int, sessions: int, port: int) -> Count:
    """Send so many requests in so many sessions, each of a tenant of its own."""
    count = Count(requests)
    trial = Trial(echoing.target(port), b"key", 1, sessions, heard=count.heard)
    try:
        clients = [trial.crowd.client(tenant) for tenant in trial.tenants]
        trial.crowd.loop.run(all_sessions(clients, count))
    finally:
        trial.close()
    return count


def main() -> int:
    """Run against a server in a process of its own."""
    given = [int(each) for each in sys.argv[1:]]
    requests, sessions = (*given, *(1_000_000, 1_000)[len(given) :])
    command = [sys.executable, "-m", "tests.partywall.drive.echoing"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # piped above
        assert server.stdin is not None
        began, cpu = time.monotonic(), time.process_time()
        count = run(requests, sessions, int(server.stdout.readline()))
        passed, used = time.monotonic() - began, time.process_time() - cpu
        server.stdin.close()
    print(
        f"{requests} requests in {sessions} sessions: {count.answered} answered, {count.cancelled} cancelled, "
        f"{count.faults} faults, {count.mixed} mixed up; {passed:.0f} s, {1e6 * used / requests:.0f} us CPU a request"
    )
    whole = count.answered + count.cancelled + count.faults >= requests
    return 0 if whole and not count.mixed and not count.faults else 1


if __name__ == "__main__":
    sys.exit(main())
