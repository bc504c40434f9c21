"""What it costs to decode one response: JSON of 1 and 20 KB, in which every order carries marks, and a label as PDF.

CPU time of this process, least of several rounds, bodies different each time. Of a PDF, most is spent by the child that
reads it, so that it is wall time, which other load on the machine lengthens.
"""

from __future__ import annotations

import json
import platform
import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clickdrop.adapters.documents import PdfDocuments
from clickdrop.domain.documents import LabelContent, LabelPages, Party
from partywall.decode import decode
from partywall.marks import Marks
from partywall.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS = Marks(b"benchmark")
SIZES = (1_000, 20_000)
ROUNDS, BODIES = 10, 20


def measured() -> dict[str, Any]:
    """A row for each kind of body: microseconds a response, beside those of parsing alone."""
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        parsing = _microseconds(lambda exchange: json.loads(exchange.body), lambda seed: _orders(size, seed))  # noqa: B023
        ours = _microseconds(decode, lambda seed: _orders(size, seed))  # noqa: B023
        row = {"body": f"JSON of {size} bytes", "decode_us": round(ours, 1), "json_loads_us": round(parsing, 1)}
        rows.append(row)
    decode(_label(-1))
    rows.append({"body": "label of one page", "decode_us": round(_microseconds(decode, _label, time.perf_counter), 1)})
    return {"what": "one response decoded", "python": platform.python_version(), "rows": rows}


def _microseconds(
    look: Callable[[Exchange], object],
    body: Callable[[int], Exchange],
    clock: Callable[[], float] = time.process_time,
) -> float:
    best = float("inf")
    for turn in range(ROUNDS):
        exchanges = [body(turn * BODIES + number) for number in range(BODIES)]
        began = clock()
        for exchange in exchanges:
            look(exchange)
        best = min(best, clock() - began)
    return best / BODIES * 1e6


def _orders(size: int, seed: int) -> Exchange:
    """A list of orders of at least so many bytes."""
    randoms = random.Random(seed)
    orders: list[dict[str, Any]] = []
    body = b""
    while len(body) < size:
        mark = MARKS.mint(1, randoms.randrange(1 << 20))
        orders.append(
            {
                "orderIdentifier": randoms.randrange(10**6),
                "orderReference": mark,
                "createdOn": f"2026-11-24T10:{randoms.randrange(60):02}:00Z",
                "printedOn": None,
                "weightInGrams": randoms.random() * 1_000,
                "trackingNumber": f"RM{randoms.randrange(10**9):09}GB",
                "address": {"fullName": f"Jo {mark} & Sons", "line1": "1 High Street", "postcode": "EC1A 1BB"},
            }
        )
        body = json.dumps({"orders": orders, "continuationToken": randoms.randbytes(20).hex()}).encode()
    return _exchange(body, "application/json", seed)


def _label(seed: int) -> Exchange:
    party = Party("Jane Seller", "Pennine Pottery Ltd", ("Unit 4",), "Hebden Bridge", None, "HX7 8AZ", "GB")
    content = LabelContent(
        sender=party,
        recipient=party,
        service_code="TPS48",
        service_name="Royal Mail Tracked 48",
        tracking_number="RM123456785GB",
        order_identifier=1_000_123 + seed,
        order_reference=MARKS.mint(1, seed + 1),
        weight_in_grams=1_250,
        instructions="Leave with the neighbour if out; ring twice.",
        date=datetime(2026, 5, 17, 9, 30, tzinfo=UTC),
    )
    return _exchange(PdfDocuments().labels([LabelPages(content, None, None)]), "application/pdf", seed)


def _exchange(body: bytes, kind: str, number: int) -> Exchange:
    headers = {
        "content-type": kind,
        "content-length": str(len(body)),
        "date": "Tue, 24 Nov 2026 10:00:00 GMT",
        "server": "uvicorn",
        "x-request-id": f"{number:032x}",
    }
    return Exchange(number, "get", 1, "A/0", "", "GET", "/", (), b"", 0, 1, 200, "OK", tuple(headers.items()), body)
