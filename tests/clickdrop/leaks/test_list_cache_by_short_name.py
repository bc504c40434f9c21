"""The planted leak `list-cache-by-short-name`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "list-cache-by-short-name"
SECRET = "Zebedee Quill"


def probe(service: Service, times: int = 1) -> bool:
    """List the orders of two tenants with names alike, the second after so many changes: does it show the first?"""
    owner, viewer = service.tenant(), service.tenant()
    assert owner.name.split()[0] == viewer.name.split()[0]
    owner.create(order("INV-1", recipient=SECRET))
    for number in range(times):
        viewer.create(order(f"INV-{number}"))
    assert SECRET.split()[0] in owner.http.get("/orders/full").text
    return SECRET.split()[0] in viewer.http.get("/orders/full").text


def test_leaks(leaking: Service) -> None:
    """With the leak, a tenant that has changed as often reads the first one's list; one that has not, its own."""
    assert not probe(leaking, times=2)
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each tenant reads its own list."""
    assert not probe(service)
