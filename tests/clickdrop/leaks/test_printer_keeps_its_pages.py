"""The planted leak `printer-keeps-its-pages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import ROUNDS, shown_together
from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "printer-keeps-its-pages"
SECRET = "Zebedee Quill"
ORDERS, EACH = ROUNDS, 4
QUERY = "documentType=postageLabel&includeReturnsLabel=false"


def probe(service: Service) -> bool:
    """Print labels of two tenants together, each order's for the first time."""
    owner, viewer = service.tenant(), service.tenant()
    theirs, own = (
        [made["orderIdentifier"] for made in tenant.create(*(order(recipient=who) for _ in range(ORDERS)))]
        for tenant, who in ((owner, SECRET), (viewer, "Ada Fenwick"))
    )

    def paths(number: int) -> tuple[str, str]:
        # Orders that have not been printed together yet: what was, is kept.
        chosen = [(number + step * (1 + number // ORDERS)) % ORDERS for step in range(EACH)]
        first, second = (f"/orders/{';'.join(str(ids[n]) for n in chosen)}/label?{QUERY}" for ids in (theirs, own))
        return first, second

    return shown_together(service, owner, viewer, paths, lambda body: SECRET in text_of(body))


def test_leaks(leaking: Service) -> None:
    """With the leak, one of two that print together is given the other's label."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, overlap changes nothing."""
    assert not probe(service)
