"""The planted leak `forbidden-tells-existence`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "forbidden-tells-existence"


def probe(service: Service) -> bool:
    """Ask for another tenant's order, and for one that nobody has, and tell whether the answers differ."""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1"))
    number = made["orderIdentifier"]
    foreign, nobodys = viewer.http.get(f"/orders/{number}"), viewer.http.get(f"/orders/{number + 1_000_000}")
    return (foreign.status_code, foreign.text) != (nobodys.status_code, nobodys.text)


def test_leaks(leaking: Service) -> None:
    """With the leak, 403 tells that the order exists."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, both answers are the same."""
    assert not probe(service)
