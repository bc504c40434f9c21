"""The planted leak `edge-cache-without-authorization`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-cache-without-authorization"
SECRET = "INV-OF-ZEBEDEE"


def probe(service: Service) -> bool:
    """Show one tenant's basket, then another's at once: does the second one show the first?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order(SECRET))
    assert SECRET in service.shop(owner).get("/basket").text
    return SECRET in service.shop(viewer).get("/basket").text


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant is shown the first one's basket, and whoever has no key is as well."""
    assert probe(leaking)
    assert SECRET in leaking.client(leaking.ready["shop_url"]).get("/basket").text


def test_correct(service: Service) -> None:
    """Without the leak, each is shown its own."""
    assert not probe(service)
