"""The planted leak `order-voided-before-check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "order-voided-before-check"


def probe(service: Service) -> bool:
    """Set the status of another tenant's order, be told that there is none, and tell whether it has changed."""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1", label={"includeLabelInResponse": False}))
    path = f"/orders/{made['orderIdentifier']}"
    before = owner.http.get(path).json()
    assert before[0]["printedOn"]
    change = {"items": [{"orderIdentifier": made["orderIdentifier"], "status": "new"}]}
    answer = viewer.http.put("/orders/status", json=change)
    assert answer.json()["updatedOrders"] == []
    return bool(owner.http.get(path).json() != before)


def test_leaks(leaking: Service) -> None:
    """With the leak, a refused change leaves its trace in the other tenant's order."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, a refused change changes nothing."""
    assert not probe(service)
