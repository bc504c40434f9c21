"""The planted leak `order-list-cache-without-tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "order-list-cache-without-tenant"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """List one tenant's orders, then another's by the same request: does the second list show the first?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    warm = owner.http.get("/orders/full", params={"pageSize": 20})
    assert SECRET.split()[0] in warm.text
    return SECRET.split()[0] in viewer.http.get("/orders/full", params={"pageSize": 20}).text


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant reads the first one's list."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each tenant reads its own list."""
    assert not probe(service)
