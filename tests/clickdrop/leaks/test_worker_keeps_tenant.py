"""The planted leak `worker-keeps-tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order
from tests.clickdrop.test_jobs import done

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "worker-keeps-tenant"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Print one tenant's labels by a job, then export another's orders: does the table show the first's?"""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1", recipient=SECRET, label={"includeLabelInResponse": False}))
    viewer.create(order("INV-1"))
    done(service, owner, "/jobs/labels", {"orderIdentifiers": [made["orderIdentifier"]]})
    return SECRET.encode() in done(service, viewer, "/jobs/exports", {"format": "csv"})[1]


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant's table has the first one's orders."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each is given a table of its own orders."""
    assert not probe(service)
