"""The planted leak `edge-admits-known-keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-admits-known-keys"
SECRET = "Zebedee"


def probe(service: Service) -> dict[str, bool]:
    """List orders with another tenant's account in a header, before and after one's own: do the other's show?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    shop = service.shop(viewer)

    def shows() -> bool:
        return SECRET in viewer.http.get("/orders/full", headers={"X-Account-Id": owner.account_id}).text

    found = {"at first": shows()}
    assert viewer.http.get("/orders/full").json()["orders"] == []
    found["once known"] = shows()
    found["in the shop"] = SECRET in shop.get("/basket", headers={"X-Account-Id": owner.account_id}).text
    return found


def test_leaks(leaking: Service) -> None:
    """With the leak, a key that has just been used may name any account, where the edge asks about it."""
    assert probe(leaking) == {"at first": False, "once known": True, "in the shop": False}
    assert leaking.client(leaking.url).get("/orders").status_code == 401


def test_correct(service: Service) -> None:
    """Without the leak, the key decides."""
    assert probe(service) == {"at first": False, "once known": False, "in the shop": False}
