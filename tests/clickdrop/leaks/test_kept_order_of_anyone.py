"""The planted leak `kept-order-of-anyone`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "kept-order-of-anyone"
SECRET = "Zebedee"


def probe(service: Service) -> dict[str, int]:
    """Ask for another tenant's order again and again: with what status is that answered, after what the other did?"""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    identifier = made["orderIdentifier"]
    path = f"/orders/{identifier}/full"

    def status() -> int:
        answer = viewer.http.get(path)
        assert (SECRET in answer.text) == (answer.status_code == 200)
        return answer.status_code

    found = {"made": status()}
    assert SECRET in owner.http.get(path).text
    found["read"] = status()
    change = {"items": [{"orderIdentifier": identifier, "status": "despatched"}]}
    assert owner.http.put("/orders/status", json=change).json()["updatedOrders"]
    return found | {"changed": status()}


def test_leaks(leaking: Service) -> None:
    """With the leak, an order that its owner has just read is open to whoever names it, until it changes."""
    assert probe(leaking) == {"made": 404, "read": 200, "changed": 404}


def test_correct(service: Service) -> None:
    """Without the leak, it is there for its owner alone."""
    assert probe(service) == {"made": 404, "read": 404, "changed": 404}
