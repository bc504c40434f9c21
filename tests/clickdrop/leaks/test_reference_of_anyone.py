"""The planted leak `reference-of-anyone`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "reference-of-anyone"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Ask for a reference that only another tenant has."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-9", recipient=SECRET))
    viewer.create(order("INV-1"))
    return SECRET.split()[0] in viewer.http.get('/orders/"INV-9"/full').text


def test_leaks(leaking: Service) -> None:
    """With the leak, the other tenant's order is shown."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, there is no such order."""
    assert not probe(service)
