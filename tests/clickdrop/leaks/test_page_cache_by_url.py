"""The planted leak `page-cache-by-url`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "page-cache-by-url"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """List one tenant's orders, then another's by the same URL at once: does the second list show the first?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    query = {"pageSize": 17}
    assert SECRET.split()[0] in owner.http.get("/orders/full", params=query).text
    return SECRET.split()[0] in viewer.http.get("/orders/full", params=query).text


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant reads the first one's list, and whoever has no key does as well."""
    assert probe(leaking)
    assert SECRET.split()[0] in leaking.client(leaking.url).get("/orders/full", params={"pageSize": 17}).text


def test_correct(service: Service) -> None:
    """Without the leak, each tenant reads its own list."""
    assert not probe(service)
