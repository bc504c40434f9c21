"""The planted leak `table-named-by-day`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order
from tests.clickdrop.test_jobs import done

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "table-named-by-day"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Export one tenant's orders, then another's: does the second table show the first's?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    assert SECRET.encode() in done(service, owner, "/jobs/exports", {"format": "csv"})[1]
    return SECRET.encode() in done(service, viewer, "/jobs/exports", {"format": "csv"})[1]


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant is given the first one's table."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each is given its own."""
    assert not probe(service)
