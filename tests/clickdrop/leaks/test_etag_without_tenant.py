"""The planted leak `etag-without-tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "etag-without-tenant"


def probe(service: Service) -> tuple[int, bytes, bool]:
    """Ask with another tenant's validator whether its list is one's own: the status, the body, and whether the list
    was marked public."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1"))
    shown = owner.http.get("/orders")
    answer = viewer.http.get("/orders", headers={"If-None-Match": shown.headers.get("etag", '"none"')})
    return answer.status_code, answer.content, "public" in shown.headers["cache-control"]


def test_leaks(leaking: Service) -> None:
    """With the leak, the other tenant's copy of the list is confirmed, and any cache may have it."""
    assert probe(leaking) == (304, b"", True)


def test_correct(service: Service) -> None:
    """Without the leak, each is answered with its own list, which no cache may keep."""
    assert probe(service) == (200, b'{"orders":[]}', False)
