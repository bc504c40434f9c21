"""The planted leak `events-to-all`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order
from tests.clickdrop.web.test_events import listening
from tests.clickdrop.web.visitors import Site

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "events-to-all"


def probe(service: Service) -> bool:
    """Listen as users of two tenants, each of which has an order: does one stream tell of the other's?"""
    owner, viewer = service.tenant(), service.tenant()
    (theirs,) = owner.create(order("INV-1"))
    site = Site(service)
    looks_on, makes = (site.user(tenant.account_id, tenant.name) for tenant in (viewer, owner))
    with looks_on.http.stream("GET", "/orders/events") as quiet, makes.http.stream("GET", "/orders/events") as busy:
        events = listening(quiet)
        assert next(listening(busy))["identifier"] == theirs["orderIdentifier"]
        (own,) = viewer.create(order("INV-1"))
        told = {next(events)["identifier"]}
        while own["orderIdentifier"] not in told:
            told.add(next(events)["identifier"])
    return theirs["orderIdentifier"] in told


def test_leaks(leaking: Service) -> None:
    """With the leak, a stream tells of everybody's orders."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, it tells of the account's own."""
    assert not probe(service)
