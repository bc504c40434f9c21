"""What it costs to judge a history, all oracles, per response: after the responses, off their path.

Eight tenants; each makes objects, then reads its own again and again, in bodies of different sizes, each different.
"""

from __future__ import annotations

import json
import platform
import random
import time
from typing import Any

from partywall.marks import Marks
from partywall.model import Exchange, History, Outcome, Tenant
from partywall.oracle.judge import judge
from partywall.policy import Policy, Resource

MARKS = Marks(b"benchmark")
TENANTS, ROUNDS = 8, 3
RESPONSES = {1_000: 800, 20_000: 160, 1_000_000: 8}
POLICY = Policy(
    operations=("create", "get"),
    resources=(Resource(kind="order", made={"create": "/id"}, removed={}, shown={"get": "/id"}),),
)


def measured() -> dict[str, Any]:
    """A row for each size of body."""
    return {
        "what": f"a history of {TENANTS} tenants judged by all oracles, decoding included; CPU time of each response",
        "python": platform.python_version(),
        "rows": [_row(size, count) for size, count in RESPONSES.items()],
    }


def _row(size: int, count: int) -> dict[str, Any]:
    best = float("inf")
    for seed in range(ROUNDS):
        history = _history(size, count, random.Random(seed))
        began = time.process_time_ns()
        judgement = judge(history, POLICY)
        best = min(best, (time.process_time_ns() - began) / len(history.exchanges) / 1e3)
        if judgement.verdict.outcome is not Outcome.HELD:
            raise RuntimeError(f"expected a clean history to be held, came {judgement.verdict}")
    return {"bytes": size, "responses": count, "judge_us": round(best, 1)}


def _history(size: int, count: int, randoms: random.Random) -> History:
    tenants = tuple(Tenant(number, f"T{number}", f"Shop {MARKS.mint(number, 0)}") for number in range(TENANTS))
    exchanges = []
    for number in range(TENANTS + count):
        tenant = number % TENANTS
        made = number < TENANTS
        code = f"TN{tenant:03}{randoms.randrange(10**9):09}GB"
        document: dict[str, Any] = {"id": tenant + 1_000, "code": code}
        fields: list[dict[str, Any]] = []
        while not made and len(fields) * 110 < size:
            fields.append({"name": f"Jane {MARKS.mint(tenant, len(fields) % 1_000)}", "price": randoms.random()})
            fields[-1] |= {"note": f"note {randoms.random()}", "count": randoms.randrange(100), "open": True}
        exchanges.append(
            Exchange(
                number=number,
                operation="create" if made else "get",
                tenant=tenant,
                session=f"T{tenant}/0",
                connection="",
                method="POST" if made else "GET",
                url="/orders" if made else f"/orders/{tenant + 1_000}",
                request_headers=(),
                request_body=json.dumps({"name": MARKS.mint(tenant, 1)}).encode() if made else b"",
                called_ns=number * 10,
                returned_ns=number * 10 + 5,
                status=200,
                headers=(("content-type", "application/json"),),
                body=json.dumps(document | {"lines": fields}).encode(),
            )
        )
    return History(MARKS.key, tenants, tuple(exchanges))
