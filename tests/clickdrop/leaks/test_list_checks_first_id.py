"""The planted leak `list-checks-first-id`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "list-checks-first-id"
SECRET = "Zebedee Quill"


def probe(service: Service) -> dict[str, bool]:
    """Mix one's own order with another tenant's, in both orders, and tell which answers show the other's."""
    owner, viewer = service.tenant(), service.tenant()
    (theirs,) = owner.create(order("INV-1", recipient=SECRET))
    (ours,) = viewer.create(order("INV-1"))
    foreign, own = theirs["orderIdentifier"], ours["orderIdentifier"]

    def shows(identifiers: str) -> bool:
        return SECRET.split()[0] in viewer.http.get(f"/orders/{identifiers}/full").text

    found = {"own first": shows(f"{own};{foreign}"), "foreign first": shows(f"{foreign};{own}")}
    viewer.http.delete(f"/orders/{own};{foreign}")
    return found | {"deleted": owner.http.get(f"/orders/{foreign}").status_code == 404}


def test_leaks(leaking: Service) -> None:
    """With the leak, an own identifier at the head of the list opens, and deletes, all that follow."""
    assert probe(leaking) == {"own first": True, "foreign first": False, "deleted": True}


def test_correct(service: Service) -> None:
    """Without the leak, a list shows and deletes one's own orders only, in whatever order they are named."""
    assert probe(service) == {"own first": False, "foreign first": False, "deleted": False}
