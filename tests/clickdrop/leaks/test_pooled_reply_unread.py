"""The planted leak `pooled-reply-unread`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from tests.clickdrop.services import order, running

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "pooled-reply-unread"
SECRET = "Zebedee Quill"


PATIENCE_SECONDS = (0.004, 0.005, 0.006, 0.007, 0.003, 0.008) * 10


def probe(service: Service) -> bool:
    """Hang up in the middle of a list, then list as another tenant, and tell whether that list shows the first."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    for tenant in (owner, viewer):
        tenant.http.get("/orders/full")
    for seconds in PATIENCE_SECONDS:
        owner.hang_up("GET", "/orders/full", seconds)
        answer = viewer.http.get("/orders/full")
        assert answer.status_code == 200
        if SECRET.split()[0] in answer.text:
            return True
    return False


def test_leaks_after_a_cancelled_read(leaking: Service) -> None:
    """With the leak, a client that hangs up mid-read leaves its answer to the next reader."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, a client that hangs up leaves nothing behind."""
    assert not probe(service)


def test_holds_under_load() -> None:
    """With the leak, load in which nobody hangs up shows nothing."""
    with running("--leak", LEAK) as fresh:
        owner, viewer = fresh.tenant(), fresh.tenant()
        owner.create(order("INV-1", recipient=SECRET))
        viewer.create(order("INV-1"))
        assert not asyncio.run(load(fresh, owner.key, viewer.key))


async def load(service: Service, owner: str, viewer: str) -> bool:
    """Send bursts of requests of both tenants, and tell whether the viewer ever sees the owner's order."""
    async with httpx.AsyncClient(base_url=service.url, trust_env=False) as client:
        for _ in range(10):
            requests = (client.get("/orders/full", headers={"Authorization": key}) for key in (owner, viewer) * 5)
            answers = await asyncio.gather(*requests)
            if any(SECRET.split()[0] in answer.text for answer in answers[1::2]):
                return True
    return False
