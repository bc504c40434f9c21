"""The planted leak `edge-keeps-admission`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-keeps-admission"
SECRET = "Zebedee"


def probe(service: Service) -> tuple[int, int]:
    """Ask for two of another tenant's orders, one of which it has just read: with what statuses is that answered?"""
    owner, viewer = service.tenant(), service.tenant()
    made = owner.create(order("INV-1", recipient=f"{SECRET} Quill"), order("INV-2", recipient=f"{SECRET} Quill"))
    unread, read = (f"/orders/{each['orderIdentifier']}/full" for each in made)
    assert SECRET in owner.http.get(read).text
    first, second = (viewer.http.get(path) for path in (unread, read))
    assert (SECRET in second.text) == (second.status_code == 200)
    return first.status_code, second.status_code


def test_leaks(leaking: Service) -> None:
    """With the leak, what its owner has just read is open to whoever has a key, and to nobody without one."""
    assert probe(leaking) == (404, 200)
    owner = leaking.tenant()
    (made,) = owner.create(order("INV-1"))
    path = f"/orders/{made['orderIdentifier']}/full"
    assert owner.http.get(path).status_code == 200
    assert leaking.client(leaking.url).get(path).status_code == 401


def test_correct(service: Service) -> None:
    """Without the leak, neither is there for others."""
    assert probe(service) == (404, 404)
