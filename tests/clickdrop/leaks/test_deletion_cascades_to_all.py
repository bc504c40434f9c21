"""The planted leak `deletion-cascades-to-all`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "deletion-cascades-to-all"


def probe(service: Service) -> list[str]:
    """Have another tenant delete orders, one of which has a reference of the owner's: which has the owner still?"""
    owner, other = service.tenant(), service.tenant()
    owner.create(order("INV-1"), order("INV-2"), order())
    made = other.create(order("INV-1"), order("INV-3"), order())
    gone = ";".join(str(each["orderIdentifier"]) for each in made)
    assert len(other.http.delete(f"/orders/{gone}").json()["deletedOrders"]) == len(made)
    answers = {name: owner.http.get(f'/orders/"{name}"').status_code for name in ("INV-1", "INV-2")}
    assert len(owner.identifiers()) == list(answers.values()).count(200) + 1
    return [name for name, status in answers.items() if status == 200]


def test_leaks(leaking: Service) -> None:
    """With the leak, the owner's order of the same reference is gone, and nothing else of the owner's."""
    assert probe(leaking) == ["INV-2"]


def test_correct(service: Service) -> None:
    """Without the leak, the owner has all of its orders."""
    assert probe(service) == ["INV-1", "INV-2"]
