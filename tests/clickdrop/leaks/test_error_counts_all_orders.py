"""The planted leak `error-counts-all-orders`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "error-counts-all-orders"
NOBODYS = 2_000_000_000


def probe(service: Service) -> bool:
    """Ask for an order that nobody has, before and after another tenant makes one: does the answer change?"""
    owner, viewer = service.tenant(), service.tenant()
    said = [viewer.http.get(f"/orders/{NOBODYS}")]
    owner.create(order("INV-1"))
    said.append(viewer.http.get(f"/orders/{NOBODYS}"))
    assert [answer.status_code for answer in said] == [404, 404]
    return said[0].text != said[1].text


def test_leaks(leaking: Service) -> None:
    """With the leak, the refusal counts what others have."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, the refusal is the same whatever others have."""
    assert not probe(service)
