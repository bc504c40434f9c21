"""The planted leak `reference-unique-to-all`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "reference-unique-to-all"


def probe(service: Service) -> list[bool]:
    """Make an order, of whose reference another tenant has one or not: is it refused?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order(f"INV-{owner.account_id}"))
    references = (f"INV-{owner.account_id}", f"INV-{viewer.account_id}")
    answers = [viewer.http.post("/orders", json={"items": [order(reference)]}).json() for reference in references]
    return [not answer["createdOrders"] for answer in answers]


def test_leaks(leaking: Service) -> None:
    """With the leak, a refusal tells that somebody has an order of the reference."""
    assert probe(leaking) == [True, False]


def test_correct(service: Service) -> None:
    """Without the leak, an order is made whatever others have."""
    assert probe(service) == [False, False]
