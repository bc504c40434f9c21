"""The planted leak `get-body-left-unread`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.wire import request
from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "get-body-left-unread"
SECRET = "Zebedee Quill"
ORDERS = 40


def probe(service: Service) -> bool:
    """Send a request within a request, which takes a while, then another tenant's: does that one get its answer?"""
    owner, viewer = service.tenant(), service.tenant()
    made = owner.create(*(order(recipient=SECRET) for _ in range(ORDERS)))
    identifiers = ";".join(str(each["orderIdentifier"]) for each in made)
    within = request(owner, f"/orders/{identifiers}/label?documentType=postageLabel&includeReturnsLabel=false")
    assert owner.http.request("GET", "/orders", content=within).status_code == 200
    answer = viewer.http.get("/orders")
    assert answer.status_code == 200
    return answer.headers["content-type"] == "application/pdf" and SECRET in text_of(answer.content)


def test_leaks(leaking: Service) -> None:
    """With the leak, whoever is next at the edge is given the answer to the request within."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, a GET's body is no request."""
    assert not probe(service)
