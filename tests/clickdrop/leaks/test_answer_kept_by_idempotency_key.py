"""The planted leak `answer-kept-by-idempotency-key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "answer-kept-by-idempotency-key"


def probe(service: Service) -> bool:
    """Check out as two tenants with the same key: is the second shown the first's checkout, and has it none then?"""
    checkouts = []
    for tenant in (service.tenant(), service.tenant()):
        (made,) = tenant.create(order("INV-1"))
        body = {"orderIdentifiers": [made["orderIdentifier"]], "paymentToken": "tok_visa"}
        shop = service.shop(tenant)
        answer = shop.post("/checkouts", json=body, headers={"Idempotency-Key": "basket-1"})
        assert answer.status_code == 201, answer.text
        checkouts.append((answer.json()["checkoutId"], len(shop.get("/checkouts").json()["checkouts"])))
    assert checkouts[0][1] == 1
    return checkouts[1] == (checkouts[0][0], 0)


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant is shown the first one's checkout, and has paid for nothing."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each has a checkout of its own."""
    assert not probe(service)
