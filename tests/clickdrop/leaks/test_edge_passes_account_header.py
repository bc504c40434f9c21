"""The planted leak `edge-passes-account-header`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "edge-passes-account-header"


def probe(service: Service) -> int:
    """Ask for another tenant's manifest, naming its account in the header, and answer the status of the answer."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", label={"includeLabelInResponse": False}))
    made = owner.http.post("/manifests", json={})
    assert made.status_code == 201, made.text
    path, header = f"/manifests/{made.json()['manifestNumber']}", {"X-Edge-Account": owner.account_id}
    assert viewer.http.get(path).status_code == 404
    assert viewer.http.get("/orders", headers=header).json()["orders"] == []
    return viewer.http.get(path, headers=header).status_code


def test_leaks(leaking: Service) -> None:
    """With the leak, the header opens manifests, and nothing elsewhere."""
    assert probe(leaking) == 200


def test_correct(service: Service) -> None:
    """Without the leak, it opens nothing."""
    assert probe(service) == 404
