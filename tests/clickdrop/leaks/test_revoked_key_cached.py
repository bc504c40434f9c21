"""The planted leak `revoked-key-cached`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "revoked-key-cached"


def probe(service: Service) -> list[int]:
    """Use a key, revoke it, use it again three times, and answer with what status."""
    tenant = service.tenant()
    keys = f"/tenants/{tenant.account_id}/keys"
    key = service.operator().post(keys, json={}).json()
    client = service.client(service.url, f"Bearer {key['key']}")
    assert client.get("/orders").status_code == 200
    assert service.operator().delete(f"{keys}/{key['id']}").status_code == 204
    return [client.get("/orders").status_code for _ in range(3)]


def test_leaks(leaking: Service) -> None:
    """With the leak, a revoked key goes on as long as it is used."""
    assert probe(leaking) == [200, 200, 200]


def test_correct(service: Service) -> None:
    """Without the leak, a revoked key opens nothing."""
    assert probe(service) == [401, 401, 401]
