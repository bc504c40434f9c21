"""How long after an operator has closed the platform a tenant's data is still served, under load, caches warm.

    python -m scripts.containment [STACK...]

50 sessions, half of them with API keys and half with cookies, read lists, orders and labels without a pause. Prints for
each stack the time from the action's request, and from its answer, to the end of the last response in which there was
something of a tenant's. Beside them clients have asked for long answers, and read on once the platform is closed:
prints how much of one still comes. Exits 1 if there was a response after the action's answer, or if more came to a slow
client than decision 0035 allows.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx

from tests.clickdrop.services import LEFT_BYTES_MAX, STACKS, Service, order, rest, running, slow_reader
from tests.clickdrop.web.visitors import Site, long_answers

SESSIONS = 50
SLOW_EACH = 3
"""So many clients ask for each of the long answers, and do not read them."""
WARM_READS = 6
"""So many responses each session has had before the action."""
REFUSALS = 20
"""So many refusals in a row end a session."""


@dataclass
class Watch:
    """What the sessions have seen: when the action was, and when responses with something of a tenant's ended."""

    warm: list[int] = field(default_factory=lambda: [0] * SESSIONS)
    ended: list[float] = field(default_factory=list)
    refused: int = 0
    late_bytes: list[int] = field(default_factory=list)
    asked: float = 0.0
    answered: float = 0.0
    all_warm: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, number: int) -> None:
        """Count a response of a session's."""
        self.warm[number] += 1
        if min(self.warm) >= WARM_READS:
            self.all_warm.set()


def prepare(service: Service) -> list[tuple[dict[str, str], list[str], str]]:
    """Make tenants, each with orders, a label and a session; answers headers, addresses to read, and what is theirs."""
    site = Site(service)
    sessions = []
    for number in range(SESSIONS):
        name = f"Recipient{number:03}"
        tenant = service.tenant()
        made = tenant.create(*(order(f"INV-{n}", recipient=name) for n in range(10)))
        identifier = made[0]["orderIdentifier"]
        if number % 2:
            visitor = site.user(tenant.account_id, tenant.name)
            cookie = "; ".join(f"{key}={value}" for key, value in visitor.http.cookies.items())
            paths = ["/orders", f"/orders/{identifier}", "/orders/export.csv"]
            sessions.append(({"Cookie": cookie, "Accept": "text/html"}, paths, name))
        else:
            label = f"/api/v1/orders/{identifier}/label?documentType=postageLabel&includeReturnsLabel=false"
            paths = [label, f"/api/v1/orders/{identifier}/full", "/api/v1/orders/full"]
            sessions.append(({"Authorization": f"Bearer {tenant.key}"}, paths, name))
    return sessions


async def read(watch: Watch, origin: str, number: int, headers: dict[str, str], paths: list[str], name: str) -> None:
    """Read until the platform is closed for good."""
    refusals = 0
    async with httpx.AsyncClient(base_url=origin, headers=headers, trust_env=False, timeout=60) as client:
        while refusals < REFUSALS:
            content, cut_off = b"", False
            async with client.stream("GET", paths[watch.warm[number] % len(paths)]) as answer:
                try:
                    async for part in answer.aiter_bytes():
                        content += part
                        now = time.monotonic()
                except httpx.RemoteProtocolError:
                    cut_off = True
            watch.count(number)
            if answer.status_code == 503:
                refusals += 1
                watch.refused += 1
            else:
                refusals = 0
                answer.raise_for_status()
                assert cut_off or content.startswith(b"%PDF") or name.encode() in content
                watch.ended.append(now)


async def close(watch: Watch, service: Service) -> None:
    """Close the platform once all sessions are warm."""
    headers = {"Authorization": f"Bearer {service.ready['operator_key']}"}
    async with httpx.AsyncClient(base_url=service.ready["operator_url"], headers=headers, trust_env=False) as operator:
        await watch.all_warm.wait()
        watch.asked = time.monotonic()
        answer = await operator.put("/containment", json={"closed": True, "reason": "An exercise."}, timeout=60)
        watch.answered = time.monotonic()
        answer.raise_for_status()


async def contain(service: Service) -> Watch:
    """Close the platform under load."""
    sessions = await asyncio.to_thread(prepare, service)
    slow = await asyncio.to_thread(long_answers, Site(service))
    watch = Watch()
    readers = (read(watch, service.ready["origin"], n, *session) for n, session in enumerate(sessions))
    with ExitStack() as ends:
        dawdlers = [ends.enter_context(slow_reader(request)) for request in slow * SLOW_EACH]
        for dawdler in dawdlers:
            assert await asyncio.to_thread(dawdler.recv, 12) == b"HTTP/1.1 200"
        await asyncio.gather(*readers, close(watch, service))
        watch.late_bytes = [await asyncio.to_thread(rest, dawdler) for dawdler in dawdlers]
    return watch


def main() -> int:
    """Measure on the stacks that are named, or on both."""
    late = 0
    for stack in sys.argv[1:] or STACKS:
        with running("--stack", stack) as service:
            watch = asyncio.run(contain(service))
        last = max(watch.ended)
        after = sum(moment > watch.answered for moment in watch.ended)
        late += after + sum(size > LEFT_BYTES_MAX for size in watch.late_bytes)
        closing, from_asked, from_answered = (
            f"{1000 * seconds:+.0f} ms"
            for seconds in (watch.answered - watch.asked, last - watch.asked, last - watch.answered)
        )
        print(f"{stack}: {SESSIONS} sessions, {len(watch.ended)} responses with tenants' data, caches warm")
        print(f"  the action's answer          {closing} from its request")
        print(f"  the last response with data  {from_asked} from its request, {from_answered} from its answer")
        print(f"  after the answer             {after} responses with data, {watch.refused} refusals in all")
        more = max(watch.late_bytes) // 1024
        print(f"  to slow clients              {len(watch.late_bytes)} answers, of each at most {more} KB more")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
