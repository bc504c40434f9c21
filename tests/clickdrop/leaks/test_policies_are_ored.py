"""The planted leak `policies-are-ored`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "policies-are-ored"
SECRET = "Zebedee"


def probe(service: Service) -> int:
    """Ask for another tenant's order, and answer with what status it is answered."""
    owner, viewer = service.tenant(), service.tenant()
    (made,) = owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    answer = viewer.http.get(f"/orders/{made['orderIdentifier']}/full")
    assert (SECRET in answer.text) == (answer.status_code == 200)
    return answer.status_code


def test_leaks(leaking: Service) -> None:
    """With the leak, an identifier is all that it takes."""
    assert probe(leaking) == 200


def test_correct(service: Service) -> None:
    """Without the leak, there is no such order."""
    assert probe(service) == 404
