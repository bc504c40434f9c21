"""What it costs to look one response over for other tenants' values: marks against a loop of ``in``.

CPU time of this process, least of several rounds, bodies different each time. The peer looks for 1,000 values
of the same length; it would need as many more as there are tenants.
"""

from __future__ import annotations

import platform
import random
import time
from typing import TYPE_CHECKING, Any

from partywall.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS = Marks(b"benchmark")
SIZES = (1_000, 20_000, 1_000_000)
TENANTS = (10, 1_000_000)
PEER_NEEDLES = 1_000
ROUNDS, BODIES = 5, 20


def measured() -> dict[str, Any]:
    """A row for each size of body and number of tenants: microseconds a response, and ratio to the peer."""
    rows = []
    for size in SIZES:
        needles = [MARKS.mint(tenant, 1).encode() for tenant in range(PEER_NEEDLES)]
        peer = _microseconds(_loop(needles), _bodies(size, 5))
        for tenants in TENANTS:
            viewer = tenants - 1
            ours = _microseconds(_marks(viewer), _bodies(size, viewer))
            rows.append(
                {
                    "bytes": size,
                    "tenants": tenants,
                    "marks_us": round(ours, 2),
                    "in_loop_us": round(peer, 2),
                    "ratio": round(ours / peer, 4),
                }
            )
    return {
        "what": f"one response scanned, the viewer's own marks present; the loop has {PEER_NEEDLES} needles",
        "python": platform.python_version(),
        "rows": rows,
    }


def _loop(needles: list[bytes]) -> Callable[[bytes], object]:
    return lambda body: [needle for needle in needles if needle in body]


def _marks(viewer: int) -> Callable[[bytes], object]:
    return lambda body: list(MARKS.foreign(body, viewer))


def _bodies(size: int, viewer: int) -> list[bytes]:
    """Bodies of JSON with a mark of the viewer's in every fifth field."""
    randoms = random.Random(size)
    bodies = []
    for _ in range(BODIES):
        fields: list[str] = []
        while sum(map(len, fields)) + 20 * len(fields) < size:
            own = MARKS.mint(viewer, randoms.randrange(1_000)) if len(fields) % 5 == 0 else ""
            fields.append(f'"field{len(fields)}": "{randoms.random()} {own}"')
            if len(fields) % 500 == 0 and size > 100_000:
                fields *= max(1, size // (sum(map(len, fields)) + 20 * len(fields)))
        bodies.append(("{" + ", ".join(fields) + "}").encode()[:size])
    return bodies


def _microseconds(look: Callable[[bytes], object], bodies: list[bytes]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for body in bodies:
            look(body)
        best = min(best, time.process_time() - began)
    return best / len(bodies) * 1e6
