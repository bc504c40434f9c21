"""The planted leak `more-pages-of-others`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "more-pages-of-others"


def probe(service: Service) -> bool:
    """Read the only page of a list, while another tenant has an older order: does it say that one follows?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1"))
    (made,) = viewer.create(order("INV-1"))
    page = viewer.http.get("/orders").json()
    assert [each["orderIdentifier"] for each in page["orders"]] == [made["orderIdentifier"]]
    return "continuationToken" in page


def test_leaks(leaking: Service) -> None:
    """With the leak, the list of a tenant that has no more orders goes on."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, the list ends with the tenant's last order."""
    assert not probe(service)
