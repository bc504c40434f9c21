"""The planted leak `pipelined-answers-overtake`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.wire import answers_on_one_connection, request
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "pipelined-answers-overtake"
SECRET = b"Zebedee"
ORDERS = 40


def probe(service: Service) -> bool:
    """Ask for the labels of many orders and, as another tenant behind it on the connection, for a list: does the list
    come first?"""
    viewer, owner = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient="Zebedee Quill"))
    made = viewer.create(*(order() for _ in range(ORDERS)))
    identifiers = ";".join(str(each["orderIdentifier"]) for each in made)
    label = f"/orders/{identifiers}/label?documentType=postageLabel&includeReturnsLabel=false"
    first, second = answers_on_one_connection(service, request(viewer, label), request(owner, "/orders/full"))
    assert (SECRET in first) != (SECRET in second)
    return SECRET in first


def test_leaks(leaking: Service) -> None:
    """With the leak, whoever asked for labels is given the other's orders."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, answers come in the order of their requests."""
    assert not probe(service)
