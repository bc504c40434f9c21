"""The planted leak `carriers-cache-by-kind`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "carriers-cache-by-kind"


def probe(service: Service) -> bool:
    """Read the carriers of two tenants, and tell whether the second is shown the first one's."""
    owner, viewer = service.tenant(), service.tenant()
    own, shown = ({each["carrierGuid"] for each in t.http.get("/carriers").json()} for t in (owner, viewer))
    assert own
    return bool(own & shown)


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant's carriers are the first one's."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each tenant has its own."""
    assert not probe(service)
