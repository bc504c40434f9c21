"""The ground that every tool is let loose on: a fresh service with two users in it, behind a proxy that counts."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.peers.counting import Counter, counting
from fixtures import stacks
from partywall.errors import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = ("ALICE", "BOB")
APIS = ("api/v1", "shop/v1")
SHARED = "SHARED-1"
"""An order's reference that both users have, as tenants do."""
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
    values: dict[str, str]
    paths: dict[str, list[str]]
    counter: Counter


@contextmanager
def ground(stack: str, leak: str) -> Iterator[Ground]:
    """A service on a stack, with a leak unless its name is empty; raises `Inconclusive` if it didn't start or died."""
    running = stacks.start(stack, [leak] if leak else [])
    try:
        values = {"SHARED": SHARED}
        try:
            for user in USERS:
                values |= _user(running, user)
        except (httpx.HTTPError, LookupError, TimeoutError) as error:
            raise Inconclusive(f"the users could not be made: {error!r}") from error
        paths = {api: list(_made(httpx.get(f"{running.base_url}/{api}/openapi.json"))["paths"]) for api in APIS}
        with counting(running.base_url) as counter:
            yield Ground(counter.origin, values | {"ORIGIN": counter.origin}, paths, counter)
    finally:
        stacks.stop(running)


def _user(running: stacks.Stack, name: str) -> dict[str, str]:
    """Make a tenant that owns something of every kind. Whatever it writes has its name and a hyphen in it."""
    account = _made(running.operator.post("/tenants", json=_account(name)))["id"]
    key = _made(running.operator.post(f"/tenants/{account}/keys", json={}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=running.base_url, headers=headers, trust_env=False, timeout=PATIENCE_S) as http:
        drafts = [_order(name, f"{name}-{number}", label=LABELLED) for number in range(1, 5)]
        drafts += [_order(name, SHARED, label=LABELLED), _order(name, f"{name}-PAID"), _order(name, f"{name}-WAITING")]
        created = _made(http.post("/api/v1/orders", json={"items": drafts}))["createdOrders"]
        orders = [each["orderIdentifier"] for each in created]
        manifest = _made(http.post("/api/v1/manifests", json={"carrierName": "Royal Mail OBA"}))["manifestNumber"]
        checkout = _made(
            http.post(
                "/shop/v1/checkouts",
                json={"orderIdentifiers": orders[5:6], "paymentToken": "tok_visa"},
                headers={"Idempotency-Key": f"{name}-CHECKOUT"},
            )
        )
        job = _made(http.post("/shop/v1/jobs/exports", json={"format": "csv"}))["jobId"]
        _wait(http, f"/shop/v1/jobs/{job}")
        parcel = _made(http.get("/shop/v1/parcels"))["parcels"][0]["trackingNumber"]
    found = {
        "TOKEN": key,
        "ACCOUNT": account,
        "ORDER": orders[0],
        "REFERENCE": f"{name}-1",
        "SECOND_ORDER": orders[1],
        "SPARE_ORDER": orders[2],
        "STATUS_ORDER": orders[3],
        "STATUS_REFERENCE": f"{name}-4",
        "MANIFEST": manifest,
        "CHECKOUT": checkout["checkoutId"],
        "PARCEL": parcel,
        "JOB": job,
    }
    return {f"{name}_{kind}": str(value) for kind, value in found.items()}


def _account(name: str) -> dict[str, Any]:
    return {"name": f"Shop of {name.title()}", "kind": "OBA", "channel_shipper": True}


def _order(name: str, reference: str, **fields: Any) -> dict[str, Any]:
    address = {
        "fullName": f"Recipient {name}-{reference}",
        "addressLine1": "14 Tide Street",
        "city": "Whitby",
        "postcode": "YO21 3PU",
        "countryCode": "GB",
    }
    return {
        "orderReference": reference,
        "recipient": {"address": address},
        "orderDate": "2026-11-24T10:00:00Z",
        "subtotal": 10.35,
        "shippingCostCharged": 1.5,
        "total": 11.85,
        "packages": [{"weightInGrams": 400, "packageFormatIdentifier": "smallParcel"}],
        "postageDetails": {"serviceCode": "TPN24"},
        **fields,
    }


def _made(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _wait(http: httpx.Client, job: str) -> None:
    """Wait until a job is done: a file that is not there yet is nobody's to read."""
    deadline = time.monotonic() + PATIENCE_S
    while _made(http.get(job))["status"] != "done":
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected {job} to be done within {PATIENCE_S:g} seconds")
        time.sleep(0.1)
