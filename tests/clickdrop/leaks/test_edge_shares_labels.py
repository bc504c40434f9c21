"""The planted leak `edge-shares-labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import QUERY, shown_together
from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-shares-labels"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Print together the labels of two tenants' orders of the same reference."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    path = f'/orders/"INV-1"/label?{QUERY}'
    return shown_together(service, owner, viewer, lambda _: (path, path), lambda body: SECRET in text_of(body))


def test_leaks(leaking: Service) -> None:
    """With the leak, one of two that print together is given the other's label."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each is given its own."""
    assert not probe(service)
