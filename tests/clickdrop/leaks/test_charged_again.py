"""The planted leak `charged-again`."""

from __future__ import annotations

from tests.clickdrop.providers import KEYS, providing
from tests.clickdrop.services import order, running, until

LEAK = "charged-again"


def probe(*options: str) -> tuple[int, int]:
    """Check out while the provider's replies are lost, and again when they are not: how many charges and labels?"""
    with providing() as provider, running(*options, *provider.options, environment=KEYS) as service:
        tenant = service.tenant()
        (made,) = tenant.create(order("INV-1"))
        shop = service.shop(tenant)

        def pay() -> str:
            body = {"orderIdentifiers": [made["orderIdentifier"]], "paymentToken": "tok_visa"}
            answer = shop.post("/checkouts", json=body, headers={"Idempotency-Key": "basket-1"}, timeout=60)
            status: str = answer.json()["status"]
            return status

        provider.misbehave(lost_replies=1)
        assert pay() == "charging"
        provider.misbehave()
        until(lambda: pay() == "labelled", "the checkout is settled")
        return len(provider.charges()), len(shop.get("/parcels").json()["parcels"])


def test_leaks() -> None:
    """With the leak, a customer is charged twice for one label."""
    assert probe("--leak", LEAK) == (2, 1)


def test_correct() -> None:
    """Without the leak, there is one charge for one label."""
    assert probe() == (1, 1)
