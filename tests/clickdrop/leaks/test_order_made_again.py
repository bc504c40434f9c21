"""The planted leak `order-made-again`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "order-made-again"


def probe(service: Service) -> int:
    """Send an order twice, and answer how many there are."""
    tenant = service.tenant()
    for _ in range(2):
        tenant.http.post("/orders", json={"items": [order("INV-1")]})
    listed = tenant.http.get("/orders").json()["orders"]
    return sum(each["orderReference"] == "INV-1" for each in listed)


def test_leaks(leaking: Service) -> None:
    """With the leak, a retry makes a second order of the same reference."""
    assert probe(leaking) == 2


def test_correct(service: Service) -> None:
    """Without the leak, there is one."""
    assert probe(service) == 1
