"""The planted leak `record-recycled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "record-recycled"
SECRET = "Leave with Zebedee Quill"


def probe(service: Service) -> bool:
    """Read an order with special instructions, then another tenant's without: are there any now?"""
    owner, viewer = service.tenant(), service.tenant()
    (dense,) = owner.create(order("INV-1", specialInstructions=SECRET))
    (sparse,) = viewer.create(order("INV-1"))
    assert SECRET in owner.http.get(f"/orders/{dense['orderIdentifier']}/full").text
    return SECRET in viewer.http.get(f"/orders/{sparse['orderIdentifier']}/full").text


def test_leaks(leaking: Service) -> None:
    """With the leak, the second order has the first one's instructions."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, it has none."""
    assert not probe(service)
