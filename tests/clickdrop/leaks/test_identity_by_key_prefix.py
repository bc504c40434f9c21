"""The planted leak `identity-by-key-prefix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "identity-by-key-prefix"
SECRET = "Zebedee Quill"
KEYS_MAX = 200


def probe(service: Service) -> bool:
    """Give two tenants keys until one of each begin alike, and tell whether the second's opens the first."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    operator = service.operator()
    known: dict[str, dict[str, str]] = {owner.account_id: {}, viewer.account_id: {}}
    for _ in range(KEYS_MAX):
        for account, keys in known.items():
            key = operator.post(f"/tenants/{account}/keys", json={}).json()["key"]
            keys[key[:2]] = key
        first, second = known.values()
        if alike := first.keys() & second.keys():
            break
    else:
        raise AssertionError("no two keys begin alike")
    for account, keys in known.items():
        answer = service.client(service.url, f"Bearer {keys[min(alike)]}").get("/orders/full")
        if account == viewer.account_id:
            return SECRET.split()[0] in answer.text
        assert SECRET.split()[0] in answer.text
    raise AssertionError("unreachable: the viewer is one of the two")


def test_leaks(leaking: Service) -> None:
    """With the leak, whoever has a key that begins like another's is that other."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, keys that begin alike are two keys."""
    assert not probe(service)


def test_keys_are_checked(leaking: Service) -> None:
    """With the leak, a key that was revoked, or that there never was, opens nothing all the same."""
    tenant, operator = leaking.tenant(), leaking.operator()
    keys = f"/tenants/{tenant.account_id}/keys"
    key = operator.post(keys, json={}).json()
    client = leaking.client(leaking.url, f"Bearer {key['key']}")
    assert client.get("/orders").status_code == 200
    invented = leaking.client(leaking.url, f"Bearer {key['key'][:2]}{'0' * len(key['key'][2:])}")
    assert invented.get("/orders").status_code == 401
    assert operator.delete(f"{keys}/{key['id']}").status_code == 204
    assert client.get("/orders").status_code == 401
