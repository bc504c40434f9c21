"""The planted leak `orders-batched`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import shown_together
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "orders-batched"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Ask together for two tenants' orders of the same reference."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    paths = ('/orders/"INV-1"/full',) * 2
    return shown_together(service, owner, viewer, lambda _: paths, lambda body: SECRET.split()[0].encode() in body)


def test_leaks(leaking: Service) -> None:
    """With the leak, one of two that ask together is given the other's order."""
    assert probe(leaking)


def test_holds_in_sequence(leaking: Service) -> None:
    """With the leak, one after the other each reads its own."""
    owner, viewer = leaking.tenant(), leaking.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    owner.http.get('/orders/"INV-1"/full')
    assert SECRET.split()[0] not in viewer.http.get('/orders/"INV-1"/full').text


def test_correct(service: Service) -> None:
    """Without the leak, overlap changes nothing."""
    assert not probe(service)
