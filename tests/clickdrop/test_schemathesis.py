"""Schemathesis' own checks, by its command, as schemathesis.toml configures it."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.clickdrop.services import STACKS, Service, Tenant, order, running, unmeasured

HERE = Path(__file__).parent
COMMAND = Path(sysconfig.get_path("scripts")) / "st"
LABELLED = {"includeLabelInResponse": False}
FIRST_MANIFEST = 500001
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


def check(service: Service, scratch: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis on a new service, as one tenant and with another beside it."""
    one, two = with_orders(service), with_orders(service)
    assert one.http.post("/manifests").json()["manifestNumber"] == FIRST_MANIFEST
    one.create(order("WAITING", label=LABELLED))
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": tenant.key}]}
        for name, tenant in (("one", one), ("two", two))
    ]
    tenants = scratch / "tenants.json"
    tenants.write_text(json.dumps({"auth": users}))
    configuration = str(HERE / "schemathesis.toml")
    return subprocess.run(
        [COMMAND, "--config-file", configuration, "run", f"{service.url}/openapi.json", "--no-color", *options],
        cwd=scratch,
        env=unmeasured() | {"CLICKDROP_TENANTS": str(tenants), "PYTHONPATH": str(HERE.parents[1])},
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


def test_checks_can_fail(tmp_path: Path) -> None:
    """The same run, on a service that reads orders without asking whose they are, fails for that."""
    operations = ("GetOrdersAsync", "GetSpecificOrdersAsync")
    only = [option for name in operations for option in ("--include-operation-id", name)]
    with running("--leak", "order-read-without-tenant") as service:
        done = check(service, tmp_path, "--phases", "stateful", *only)
    assert done.returncode == 1, done.stdout
    assert "Object-level authorization bypass" in done.stdout
