"""The payment provider: everything once for a key, and every misfortune on demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.clickdrop.providers import Provider, providing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_numbers = count()


@pytest.fixture(scope="module")
def started() -> Iterator[Provider]:
    """A provider."""
    with providing() as running:
        yield running


@pytest.fixture
def provider(started: Provider) -> Iterator[Provider]:
    """A provider that misbehaves in nothing yet."""
    yield started
    started.misbehave()


@pytest.fixture
def key() -> str:
    """A key that nobody has used."""
    return f"key-{next(_numbers)}"


def charge(provider: Provider, key: str, amount: Any = 360, token: Any = "tok_visa") -> httpx.Response:
    """Ask for money."""
    body = {"amountPence": amount, "token": token}
    return provider.http.post("/charges", json=body, headers={"Idempotency-Key": key})


def refund(provider: Provider, charge_id: str, key: str) -> httpx.Response:
    """Ask for money to be given back."""
    return provider.http.post(f"/charges/{charge_id}/refunds", headers={"Idempotency-Key": key})


def test_one_key_one_charge(provider: Provider, key: str) -> None:
    """Who asks again under a key, one after the other or at once, is answered the charge that was made."""
    with ThreadPoolExecutor(8) as pool:
        answers = [each.json() for each in pool.map(lambda _: charge(provider, key), range(16))]
    assert all(answer == answers[0] for answer in answers)
    assert charge(provider, f"{key}+").json()["id"] != answers[0]["id"]
    assert [each["key"] for each in provider.charges_of(key, f"{key}+")] == [key, f"{key}+"]


def test_a_key_is_for_one_thing(provider: Provider, key: str) -> None:
    """A key that was used for another amount or token is refused, and so is a second refund of a charge."""
    first = charge(provider, key).json()
    assert charge(provider, key, amount=361).status_code == 409
    assert charge(provider, key, token="tok_other").status_code == 409
    second = charge(provider, f"{key}+").json()
    assert refund(provider, first["id"], key).json()["refunded"] is True
    assert refund(provider, first["id"], key).status_code == 201
    assert refund(provider, first["id"], f"{key}+").status_code == 409
    assert refund(provider, second["id"], key).status_code == 409
    assert [each["refunded"] for each in provider.charges_of(key, f"{key}+")] == [True, False]


def test_declined_for_ever(provider: Provider, key: str) -> None:
    """A charge that was declined stays so under its key, and can't be refunded."""
    provider.misbehave(declines=1)
    declined = charge(provider, key).json()
    assert declined["status"] == "declined"
    provider.misbehave()
    assert charge(provider, key).json() == declined
    assert refund(provider, declined["id"], key).status_code == 404
    assert charge(provider, f"{key}+", token="tok_declined").json()["status"] == "declined"


@pytest.mark.parametrize(("faults", "made"), [({"lost_replies": 1}, 1), ({"lost_requests": 1}, 0)])
def test_lost(provider: Provider, key: str, faults: dict[str, float], made: int) -> None:
    """A lost reply comes after the charge, a lost request before it; either way the connection ends without a word."""
    provider.misbehave(**faults)
    with pytest.raises(httpx.RemoteProtocolError):
        charge(provider, key)
    assert len(provider.charges_of(key)) == made
    provider.misbehave()
    assert charge(provider, key).status_code == 201
    assert len(provider.charges_of(key)) == 1


def test_delivered_twice(provider: Provider, key: str) -> None:
    """A call that the network delivers twice is carried out once."""
    provider.misbehave(duplicates=1)
    made = charge(provider, key).json()
    assert refund(provider, made["id"], key).status_code == 201
    assert len(provider.charges_of(key)) == 1
    assert provider.control.get("/control/faults").json()["drawn"]["duplicates"] == 2


def test_faults_are_drawn_alike(provider: Provider, key: str) -> None:
    """The same faults and seed bring the same fates in the same order."""
    fates = []
    for turn in range(2):
        provider.misbehave(declines=0.5, seed=7)
        fates.append([charge(provider, f"{key}-{turn}-{number}").json()["status"] for number in range(20)])
    assert fates[0] == fates[1]
    assert set(fates[0]) == {"succeeded", "declined"}


def test_credentials(provider: Provider, key: str) -> None:
    """Each credential opens its own, and nobody without one is served."""
    with httpx.Client(base_url=provider.url, trust_env=False) as nobody:
        for client in (provider.control, nobody):
            assert client.get("/charges").status_code == 401
            assert client.post("/charges", json={}, headers={"Idempotency-Key": key}).status_code == 401
    assert provider.http.get("/control/faults").status_code == 401
    assert provider.http.put("/control/faults", json={"declines": 1}).status_code == 401
    assert charge(provider, key).json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("amount", "token", "suffix"),
    [
        (0, "tok_a", ""),
        (-1, "tok_a", ""),
        (1.5, "tok_a", ""),
        (True, "tok_a", ""),
        ("1", "tok_a", ""),
        (10**30, "tok_a", ""),
        (1, "4111111111111111", ""),
        (1, None, ""),
        (1, "tok_a", " "),
        (1, "tok_a", "+" * 100),
    ],
)
def test_bad_calls(provider: Provider, key: str, amount: object, token: object, suffix: str) -> None:
    """What can't be read is refused, and takes no money."""
    assert charge(provider, f"{key}{suffix}+", amount, token).status_code == 400
    assert provider.charges_of(f"{key}{suffix}+") == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"[" * 60_000, b"\xff", b"1" * 5000])
def test_bad_bodies(provider: Provider, key: str, body: bytes) -> None:
    """What is not JSON, or is no object, is refused, and the provider goes on."""
    assert provider.http.post("/charges", content=body, headers={"Idempotency-Key": key}).status_code == 400
    assert provider.control.put("/control/faults", content=body).status_code == 400
    assert charge(provider, key).status_code == 201


@pytest.mark.parametrize(
    "faults", [{"declines": 2}, {"declines": "1"}, {"delay_ms_max": -1}, {"speed": 1}, [], {"seed": 1.5}]
)
def test_bad_faults(provider: Provider, faults: object) -> None:
    """Faults that make no sense are refused."""
    assert provider.control.put("/control/faults", json=faults).status_code == 400


def test_charges_outlive_it(tmp_path: Path) -> None:
    """A provider that was killed knows, when it is there again, what it did."""
    store = tmp_path / "provider.db"
    with providing(store=store) as first:
        made = charge(first, "k").json()
        first.process.kill()
        first.process.wait()
    with providing(store=store) as second:
        assert charge(second, "k").json() == made


def test_large_bodies(provider: Provider, key: str) -> None:
    """A body that is too large is refused."""
    assert provider.http.post("/charges", content=b"x" * 70_000, headers={"Idempotency-Key": key}).status_code == 413
