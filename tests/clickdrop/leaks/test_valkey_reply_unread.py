"""The planted leak `valkey-reply-unread`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.test_pooled_reply_unread import SECRET, probe
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "valkey-reply-unread"


def test_holds_until_somebody_hangs_up(leaking: Service) -> None:
    """With the leak, requests whose clients wait show nothing."""
    owner, viewer = leaking.tenant(), leaking.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    viewer.create(order("INV-1"))
    for _ in range(3):
        assert SECRET.split()[0] in owner.http.get("/orders/full").text
        assert SECRET.split()[0] not in viewer.http.get("/orders/full").text


def test_leaks_after_a_cancelled_read(leaking: Service) -> None:
    """With the leak, a client that hangs up mid-read leaves its answer to the next reader."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, a client that hangs up leaves nothing behind."""
    assert not probe(service)
