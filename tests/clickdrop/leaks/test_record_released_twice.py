"""The planted leak `record-released-twice`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import shown_together
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "record-released-twice"
SECRET = "Zebedee"


def probe(service: Service, refused: int = 3) -> bool:
    """Have some requests refused, then list two tenants' orders together."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    for _ in range(refused):
        assert viewer.http.get("/orders/1").status_code == 404
    return shown_together(service, owner, viewer, lambda _: ("/orders/full",) * 2, lambda body: SECRET.encode() in body)


def test_holds_until_something_fails(leaking: Service) -> None:
    """With the leak, as long as nothing is refused each of two that ask together is given its own."""
    assert not probe(leaking, refused=0)


def test_leaks(leaking: Service) -> None:
    """With the leak, after a refusal one of two that ask together is given the other's list."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, refusals change nothing."""
    assert not probe(service)
