"""The planted leak `edge-cache-by-suffix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-cache-by-suffix"
SECRET = "Zebedee"


def probe(service: Service, reference: str = "style.css") -> bool:
    """Show one tenant's order by its reference, then another's of the same one at once: is the first shown again?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order(reference, recipient=f"{SECRET} Quill"))
    viewer.create(order(reference))
    path = f'/orders/"{reference}"/full'
    assert SECRET in owner.http.get(path).text
    return SECRET in viewer.http.get(path).text


def test_leaks(leaking: Service) -> None:
    """With the leak, what has the name of a static file is kept, and nothing else is."""
    assert probe(leaking)
    assert not probe(leaking, "INV-1")


def test_correct(service: Service) -> None:
    """Without the leak, nothing is."""
    assert not probe(service)
