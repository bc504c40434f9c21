"""The ground that every tool is let loose on: a fresh service with two users in it, behind a proxy that counts."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.peers.counting import Counter, counting
from fixtures import stacks
from partywall.errors import Inconclusive
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

USERS = ("ALICE", "BOB")
APIS = ("api/v1", "shop/v1")
SHARED = "SO-2001.png"
"""An order's reference that both users have, as tenants do; one of those that the suite uses."""
LABELLED = {"includeLabelInResponse": False}
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Ground:
    """A running service.

    Attributes:
        origin: where tools find it; what is sent there is counted.
        values: what the files of a tool's set-up may name, such as ``ALICE_TOKEN`` and ``BOB_ORDER``.
        paths: those of each API's description.
        counter: of the requests that came through ``origin``.
    """

    origin: str
    values: dict[str, str] = field(repr=False)
    paths: dict[str, list[str]]
    counter: Counter


@contextmanager
def ground(stack: str, leak: str) -> Iterator[Ground]:
    """A service on a stack, with a leak unless its name is empty; raises `Inconclusive` if it didn't start or died."""
    running = stacks.start(stack, [leak] if leak else [])
    try:
        with ExitStack() as clients:
            try:
                users = [clients.enter_context(_user(running, name)) for name in USERS]
                values = _owned(users)
                paths = {api: list(_made(users[0].http.get(f"/{api}/openapi.json"))["paths"]) for api in APIS}
            except (httpx.HTTPError, LookupError, TimeoutError) as error:
                raise Inconclusive(f"the users could not be made: {error!r}") from error
        with counting(running.base_url) as counter:
            yield Ground(counter.origin, values | {"ORIGIN": counter.origin, "SHARED": SHARED}, paths, counter)
    finally:
        stacks.stop(running)


@dataclass(frozen=True, slots=True)
class _User:
    name: str
    account: str
    key: str = field(repr=False)
    http: httpx.Client


@contextmanager
def _user(running: stacks.Stack, name: str) -> Iterator[_User]:
    """Make a tenant with a key."""
    account = _made(running.operator.post("/tenants", json=_account(name)))["id"]
    key = _made(running.operator.post(f"/tenants/{account}/keys", json={}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=running.base_url, headers=headers, trust_env=False, timeout=PATIENCE_S) as http:
        yield _User(name, account, key, http)


def _owned(users: Sequence[_User]) -> dict[str, str]:
    """Let each user own something of every kind; answers what these are called. What one writes has its name and a
    hyphen in it."""
    owned = {user.name: {"TOKEN": user.key, "ACCOUNT": user.account, **_bought(user.http, user.name)} for user in users}
    # Labels first, then exports: a worker that mixes up whose job it does may do so from one kind to the other.
    for user in users:
        _job(user.http, "labels", {"orderIdentifiers": [owned[user.name]["ORDER"]]})
    for user in users:
        owned[user.name]["JOB"] = _job(user.http, "exports", {"format": "csv"})
    return {f"{name}_{kind}": str(value) for name, found in owned.items() for kind, value in found.items()}


def _bought(http: httpx.Client, name: str) -> dict[str, Any]:
    drafts = [_order(name, f"{name}-1", label=LABELLED, specialInstructions=f"Instructions of {name}-1")]
    drafts += [_order(name, reference, label=LABELLED) for reference in (*(f"{name}-{n}" for n in (2, 3, 4)), SHARED)]
    drafts += [_order(name, f"{name}-PAID"), _order(name, f"{name}-WAITING")]
    created = _made(http.post("/api/v1/orders", json={"items": drafts}))["createdOrders"]
    first, second, spare, status, _, paid, waiting = [each["orderIdentifier"] for each in created]
    manifest = _made(http.post("/api/v1/manifests", json={"carrierName": "Royal Mail OBA"}))["manifestNumber"]
    payment = {"orderIdentifiers": [paid], "paymentToken": "tok_visa"}
    headers = {"Idempotency-Key": f"{name}-CHECKOUT"}
    return {
        "ORDER": first,
        "REFERENCE": f"{name}-1",
        "SECOND_ORDER": second,
        "SPARE_ORDER": spare,
        "STATUS_ORDER": status,
        "STATUS_REFERENCE": f"{name}-4",
        "WAITING_ORDER": waiting,
        "MANIFEST": manifest,
        "CHECKOUT": _made(http.post("/shop/v1/checkouts", json=payment, headers=headers))["checkoutId"],
        "PARCEL": _made(http.get("/shop/v1/parcels"))["parcels"][0]["trackingNumber"],
        "CARRIER": _made(http.get("/api/v1/carriers"))[0]["carrierGuid"],
    }


def _job(http: httpx.Client, kind: str, body: dict[str, Any]) -> str:
    """Have a file made, and wait for it: one that is not there yet is nobody's to read."""
    job: str = _made(http.post(f"/shop/v1/jobs/{kind}", json=body))["jobId"]
    deadline = time.monotonic() + PATIENCE_S
    while _made(http.get(f"/shop/v1/jobs/{job}"))["status"] != "done":
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected job {job} to be done within {PATIENCE_S:g} seconds")
        time.sleep(0.1)
    return job


def _account(name: str) -> dict[str, Any]:
    return {"name": f"Shop of {name.title()}", "kind": "OBA", "channel_shipper": True}


def _order(name: str, reference: str, **fields: Any) -> dict[str, Any]:
    return order(reference, recipient=f"Recipient {name}-{reference}", **fields)


def _made(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
