"""The planted leak `pages-coalesced`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import shown_together
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "pages-coalesced"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """List two tenants' orders together by a query that is new each time."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))

    def paths(number: int) -> tuple[str, str]:
        return (f"/orders/full?pageSize={number + 1}",) * 2

    return shown_together(service, owner, viewer, paths, lambda body: SECRET.split()[0].encode() in body)


def test_leaks(leaking: Service) -> None:
    """With the leak, one of two that ask together is given the other's page."""
    assert probe(leaking)


def test_holds_in_sequence(leaking: Service) -> None:
    """With the leak, one after the other each reads its own."""
    owner, viewer = leaking.tenant(), leaking.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    owner.http.get("/orders/full")
    assert SECRET.split()[0] not in viewer.http.get("/orders/full").text


def test_correct(service: Service) -> None:
    """Without the leak, overlap changes nothing."""
    assert not probe(service)
