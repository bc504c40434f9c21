"""The planted leak `sender-of-thread`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "sender-of-thread"


def probe(service: Service) -> bool:
    """Print despatch notes of two tenants, one after the other: does the second name the first as its sender?"""
    owner, viewer = service.tenant(), service.tenant()
    shown = []
    for tenant in (owner, viewer):
        (made,) = tenant.create(order("INV-1"))
        path = f"/orders/{made['orderIdentifier']}/label"
        answer = tenant.http.get(path, params={"documentType": "despatchNote"})
        assert answer.status_code == 200, answer.text
        text = text_of(answer.content)
        shown.append([each for each in (owner, viewer) if re.search(rf"\b{each.name}\b", text)])
    assert shown[0] == [owner]
    assert len(shown[1]) == 1
    return shown[1] == [owner]


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant's note says that the first one sends it."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each note names its own tenant."""
    assert not probe(service)
