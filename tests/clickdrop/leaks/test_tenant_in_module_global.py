"""The planted leak `tenant-in-module-global`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "tenant-in-module-global"
SECRET = "Zebedee Quill"


# Of a pair, one may go to another worker, where it meets nobody: several pairs are under way at once.
ROUNDS, WIDTH = 100, 4


def probe(service: Service) -> bool:
    """List two tenants' orders at the same time, again and again, and tell whether one list ever shows the other."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    return asyncio.run(overlap(service, owner.key, viewer.key))


async def overlap(service: Service, owner: str, viewer: str) -> bool:
    """Send pairs of requests until one leaks, or for all rounds."""
    async with httpx.AsyncClient(base_url=service.url, trust_env=False) as client:
        for _ in range(ROUNDS):
            answers = await asyncio.gather(
                *(client.get("/orders/full", headers={"Authorization": key}) for key in (owner, viewer) * WIDTH)
            )
            if any(SECRET.split()[0] in answer.text for answer in answers[1::2]):
                return True
    return False


def test_leaks_under_overlap(leaking: Service) -> None:
    """With the leak, requests that overlap are answered with the other tenant's orders."""
    assert probe(leaking)


def test_holds_in_sequence(leaking: Service) -> None:
    """With the leak, requests one after the other show nothing."""
    owner, viewer = leaking.tenant(), leaking.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    for _ in range(ROUNDS):
        owner.http.get("/orders/full")
        assert SECRET.split()[0] not in viewer.http.get("/orders/full").text


def test_correct(service: Service) -> None:
    """Without the leak, overlap changes nothing."""
    assert not probe(service)
