"""The planted leak `service-logs-in-as-owner`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "service-logs-in-as-owner"
SECRET = "Zebedee"


def probe(service: Service) -> bool:
    """Make an order as one tenant, and list another's orders: does the list show it?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    return SECRET in viewer.http.get("/orders/full").text


def test_leaks(leaking: Service) -> None:
    """With the leak, a list shows everybody's orders."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, it shows the tenant's own."""
    assert not probe(service)
