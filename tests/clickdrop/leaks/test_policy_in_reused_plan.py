"""The planted leak `policy-in-reused-plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "policy-in-reused-plan"
SECRET = "Zebedee"
QUERY = {"pageSize": 23}


def probe(service: Service) -> bool:
    """List one tenant's orders, then another's by the same request: does the second list show the first?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    assert SECRET in owner.http.get("/orders/full", params=QUERY).text
    return SECRET in viewer.http.get("/orders/full", params=QUERY).text


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant reads what the first one's plan does."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each tenant reads its own list."""
    assert not probe(service)
