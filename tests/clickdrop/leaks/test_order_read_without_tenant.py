"""The planted leak `order-read-without-tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "order-read-without-tenant"
SECRET = "Zebedee Quill"


def probe(service: Service) -> dict[str, bool]:
    """Ask for another tenant's order by its identifier, in three ways, and tell which answers show it."""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1", recipient=SECRET))
    path = f"/orders/{made['orderIdentifier']}"
    brief, full = viewer.http.get(path), viewer.http.get(f"{path}/full")
    note = viewer.http.get(f"{path}/label", params={"documentType": "despatchNote"})
    return {
        "brief": brief.status_code == 200 and made["orderIdentifier"] == brief.json()[0]["orderIdentifier"],
        "full": SECRET.split()[0] in full.text,
        "paper": note.status_code == 200,
    }


def test_leaks(leaking: Service) -> None:
    """With the leak, whoever knows an order's identifier reads it, in full and on paper."""
    assert probe(leaking) == {"brief": True, "full": True, "paper": True}


def test_correct(service: Service) -> None:
    """Without the leak, none of it shows."""
    assert probe(service) == {"brief": False, "full": False, "paper": False}
