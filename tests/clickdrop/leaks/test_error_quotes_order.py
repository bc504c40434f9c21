"""The planted leak `error-quotes-order`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "error-quotes-order"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Ask for another tenant's order, and tell whether the refusal quotes it."""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1", recipient=SECRET))
    answer = viewer.http.get(f"/orders/{made['orderIdentifier']}")
    assert answer.status_code == 404
    return SECRET in answer.text


def test_leaks(leaking: Service) -> None:
    """With the leak, the refusal names the recipient."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, the refusal says nothing that the caller did not know."""
    assert not probe(service)
