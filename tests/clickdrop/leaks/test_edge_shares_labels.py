"""The planted leak `edge-shares-labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import QUERY, shown_together
from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-shares-labels"
SECRET = "Zebedee Quill"
ATTEMPTS = 10
"""A slow machine may take longer than what is kept is kept."""


def probe(service: Service) -> bool:
    """Print together the labels of two tenants' orders of the same reference."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    path = f'/orders/"INV-1"/label?{QUERY}'
    return shown_together(service, owner, viewer, lambda _: (path, path), lambda body: SECRET in text_of(body))


def test_leaks(leaking: Service) -> None:
    """With the leak, one of two that print together is given the other's label."""
    assert probe(leaking)


def test_leaks_for_a_moment(leaking: Service) -> None:
    """With the leak, who prints right after another is given that other's label too: nothing has to overlap."""
    owner, viewer = leaking.tenant(), leaking.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    path = f'/orders/"INV-1"/label?{QUERY}'
    for _ in range(ATTEMPTS):
        assert owner.http.get(path).status_code == 200
        if SECRET in text_of(viewer.http.get(path).content):
            return
    raise AssertionError("the second was never given what the first was")


def test_correct(service: Service) -> None:
    """Without the leak, each is given its own."""
    assert not probe(service)
