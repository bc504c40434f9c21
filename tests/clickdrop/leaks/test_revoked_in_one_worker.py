"""The planted leak `revoked-in-one-worker`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "revoked-in-one-worker"
WORKERS = 2
TIMES = 8


def probe(service: Service) -> set[int]:
    """Use a key at all workers, revoke it, use it at all of them again, and answer with what statuses."""
    tenant = service.tenant()
    keys = f"/tenants/{tenant.account_id}/keys"
    key = service.operator().post(keys, json={}).json()
    client = service.client(service.url, f"Bearer {key['key']}")
    assert {client.get("/orders").status_code for _ in range(TIMES)} == {200}
    assert service.operator().delete(f"{keys}/{key['id']}").status_code == 204
    return {client.get("/orders").status_code for _ in range(TIMES)}


def test_leaks(leaking: Service) -> None:
    """With the leak, a revoked key is refused at one worker and goes on at the other."""
    assert probe(leaking) == {200, 401}


def test_correct(service: Service) -> None:
    """Without the leak, a revoked key opens nothing, whichever worker it comes to."""
    assert probe(service) == {401}
