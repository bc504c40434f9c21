"""Schemathesis' own checks, by its command, as schemathesis.toml and schemathesis_shop.toml configure it."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

from fixtures.providers import unmeasured
from tests.clickdrop.services import STACKS, Service, Tenant, order, running

HERE = Path(__file__).parent
COMMAND = Path(sysconfig.get_path("scripts")) / "st"
LABELLED = {"includeLabelInResponse": False}
FIRST_MANIFEST = 500001
NAMED = 50
FEWER = {"production": ("--max-examples", "8")}
"""Options by stack: what differs between them is not the description, so one of them is asked less."""
SECONDS_MAX = 900
"""A run takes about 15 seconds on an idle machine; this is for one that hangs."""


def with_orders(service: Service) -> Tenant:
    """Make a tenant with orders of the same references as the others have, some of which wait for a manifest."""
    tenant = service.tenant()
    references = [f"INV-{number}" for number in range(1, 5)]
    tenant.create(*[order(each, recipient=f"Ada of {tenant.name}", label=LABELLED) for each in references])
    return tenant


def named_in_the_shop(tenant: Tenant) -> dict[str, list[int]]:
    """Make orders for each operation of the shop that names some in its body, by the operation."""
    made: dict[str, list[int]] = {}
    for operation, draft in (
        ("POST /quotes", order()),
        ("POST /checkouts", order()),
        ("POST /jobs/labels", order(label=LABELLED)),
    ):
        drafts = [draft] * NAMED
        made[operation] = [each["orderIdentifier"] for each in tenant.create(*drafts)]
    return made


def spent_checkout(shop: str, tenant: Tenant) -> str:
    """Pay for an order's postage and send the parcel off; the id of the checkout, whose label is there to be printed,
    whoever asks for the money back."""
    [made] = tenant.create(order())
    body = {"orderIdentifiers": [made["orderIdentifier"]], "paymentToken": "tok_visa"}
    paid = tenant.http.post(f"{shop}/checkouts", json=body, headers={"Idempotency-Key": "paid"}).json()
    assert paid["status"] == "labelled", paid
    off = {"items": [{"orderIdentifier": made["orderIdentifier"], "status": "despatched"}]}
    tenant.http.put("/orders/status", json=off).raise_for_status()
    return str(paid["checkoutId"])


def check(
    service: Service, scratch: Path, *options: str, shop: bool = False, seed: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis on a new service's API, or on its shop, as one tenant and with another beside it: on the same
    cases as always, or on those of a seed, of which there are to be many."""
    one, two = with_orders(service), with_orders(service)
    assert one.http.post("/manifests").json()["manifestNumber"] == FIRST_MANIFEST
    one.create(order("WAITING", label=LABELLED))
    named = named_in_the_shop(one) if shop else {}
    url = service.ready["shop_url"] if shop else service.url
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": tenant.key}]}
        for name, tenant in (("one", one), ("two", two))
    ]
    tenants = scratch / "tenants.json"
    tenants.write_text(json.dumps({"auth": users}))
    told = (HERE / f"schemathesis{'_shop' if shop else ''}.toml").read_text()
    if shop:
        told = told.replace("SPENT-CHECKOUT", spent_checkout(url, one))
    if seed is not None:
        told = told.replace("deterministic = true", "deterministic = false")
        options = ("--seed", str(seed), *options)
    configuration = scratch / "schemathesis.toml"
    configuration.write_text(told)
    return subprocess.run(
        [COMMAND, "--config-file", configuration, "run", f"{url}/openapi.json", "--no-color", *options],
        cwd=scratch,
        env=unmeasured()
        | {
            "CLICKDROP_TENANTS": str(tenants),
            "CLICKDROP_ORDERS": json.dumps(named),
            "CLICKDROP_MANY_CASES": "" if seed is None else "yes",
            "PYTHONPATH": str(HERE.parents[1]),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_checks_pass(tmp_path: Path, stack: str) -> None:
    """All of Schemathesis' checks pass on all operations, by valid data, by invalid data and along the links."""
    with running("--stack", stack) as service:
        done = check(service, tmp_path, *FEWER.get(stack, ()))
    assert done.returncode == 0, done.stdout
    assert "Selected: 15/15" in done.stdout
    assert "Tested: 15" in done.stdout
    for phase in ("Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in done.stdout


def test_checks_pass_in_the_shop(tmp_path: Path) -> None:
    """The same of the shop, on one stack: the description is the same on both."""
    with running() as service:
        done = check(service, tmp_path, shop=True)
    assert done.returncode == 0, done.stdout
    assert "Tested: 16" in done.stdout


def test_checks_can_fail(tmp_path: Path) -> None:
    """The same run, on a service that reads orders without asking whose they are, fails for that."""
    operations = ("GetOrdersAsync", "GetSpecificOrdersAsync")
    only = [option for name in operations for option in ("--include-operation-id", name)]
    with running("--leak", "order-read-without-tenant") as service:
        done = check(service, tmp_path, "--phases", "stateful", *only)
    assert done.returncode == 1, done.stdout
    assert "Object-level authorization bypass" in done.stdout
