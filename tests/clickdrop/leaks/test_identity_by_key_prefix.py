"""The planted leak `identity-by-key-prefix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "identity-by-key-prefix"
SECRET = "Zebedee Quill"
KEYS_MAX = 400


def probe(service: Service) -> bool:
    """Give two tenants keys until one of each begin alike, and tell whether the second's opens the first."""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=SECRET))
    operator = service.operator()
    known: dict[str, dict[str, str]] = {owner.account_id: {}, viewer.account_id: {}}
    for _ in range(KEYS_MAX):
        for account, keys in known.items():
            key = operator.post(f"/tenants/{account}/keys", json={}).json()["key"]
            keys[key[:3]] = key
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
