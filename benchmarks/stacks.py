"""What the reference service can carry on each stack, with its isolation on; what that costs is in `walls`.

Requests are sent by a few clients over keep-alive connections; CPU time is that of all the stack's processes, by /proc.
"""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
import time
from typing import Any

from benchmarks.measure import cpu_seconds
from benchmarks.processes import family

STACKS = ("embedded", "production")
CLIENTS = 8
SECONDS = 6.0
ORDER = {
    "recipient": {
        "address": {"fullName": "Ada", "addressLine1": "14 Tide Street", "city": "Whitby", "countryCode": "GB"}
    },
    "orderDate": "2026-11-24T10:00:00Z",
    "subtotal": 10,
    "shippingCostCharged": 1,
    "total": 11,
}


def measured() -> dict[str, Any]:
    """A row for each stack and operation, and how soon each stack is up."""
    started, carried = [], []
    for stack in STACKS:
        seconds, rows = _carried(stack)
        started.append({"stack": stack, "seconds_until_ready": seconds})
        carried += rows
    return {
        "what": f"requests of {CLIENTS} clients to a correct service",
        "python": platform.python_version(),
        "carried": carried,
        "started": started,
    }


def _carried(stack: str) -> tuple[float, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "clickdrop", "serve", "--port", "0", "--json", "--demo", "--rate-limit", "0"]
    command += ["--until-eof", "--stack", stack]
    rows, asked = [], time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdin is not None
        assert service.stdout is not None
        ready = json.loads(service.stdout.readline())
        up = round(time.monotonic() - asked, 1)
        create = json.dumps({"items": [ORDER]}).encode()
        for name, method, path, body in (
            ("list, from the cache", "GET", "/orders", b""),
            ("read by reference", "GET", "/orders/%22INV-1001%22", b""),
            ("create", "POST", "/orders", create),
        ):
            head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nAuthorization: "
            requests = [f"{head}{key}\r\n\r\n".encode() + body for key in ready["api_keys"]]
            before, began = cpu_seconds(family(service.pid)), time.monotonic()
            count = asyncio.run(_send(ready["origin"], requests))
            passed, used = time.monotonic() - began, cpu_seconds(family(service.pid)) - before
            rows.append(
                {
                    "stack": stack,
                    "operation": name,
                    "requests_per_s": round(count / passed),
                    "cpu_ms_a_request": round(1000 * used / count, 2),
                }
            )
        service.stdin.close()
        service.wait()
    return up, rows


async def _send(origin: str, requests: list[bytes]) -> int:
    """Send the requests in turn, over some connections, for a while; answers how many were answered well."""
    host, port = origin.removeprefix("http://").split(":")
    until = time.monotonic() + SECONDS

    async def client(number: int) -> int:
        reader, writer = await asyncio.open_connection(host, int(port))
        answered = 0
        while time.monotonic() < until:
            writer.write(requests[number % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"expected a 200, came {head!r}")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            await reader.readexactly(length)
            answered += 1
        writer.close()
        return answered

    return sum(await asyncio.gather(*(client(number) for number in range(CLIENTS))))
