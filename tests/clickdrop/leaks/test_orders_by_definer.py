"""The planted leak `orders-by-definer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "orders-by-definer"
SECRET = "Zebedee"


def probe(service: Service) -> bool:
    """Ask for an order by a reference that another tenant has as well: is that one's order shown?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    return SECRET in viewer.http.get('/orders/"INV-1"/full').text


def test_leaks(leaking: Service) -> None:
    """With the leak, everybody's orders of the reference are shown."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, the tenant's own is."""
    assert not probe(service)
