"""The planted leak `tenant-from-cookie`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "tenant-from-cookie"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """List orders with one's own key and another's account in a cookie: do the other's orders show?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    answer = viewer.http.get("/orders/full", headers={"Cookie": f"theme=dark; account={owner.account_id}"})
    assert answer.status_code == 200
    return SECRET.split()[0] in answer.text


def test_leaks(leaking: Service) -> None:
    """With the leak, the cookie decides whose orders are listed."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, the key decides."""
    assert not probe(service)
