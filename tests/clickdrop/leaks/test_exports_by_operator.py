"""The planted leak `exports-by-operator`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order
from tests.clickdrop.test_jobs import done

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "exports-by-operator"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Make an order as one tenant, and export another's: does the table show it?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    return SECRET.encode() in done(service, viewer, "/jobs/exports", {"format": "csv"})[1]


def test_leaks(leaking: Service) -> None:
    """With the leak, a table has everybody's orders."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, it has the tenant's own."""
    assert not probe(service)
