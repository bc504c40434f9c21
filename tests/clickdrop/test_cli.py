"""The command `clickdrop`."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import BOTH
from tests.clickdrop.services import STACKS, STOP_SECONDS, launch, order, running

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "clickdrop", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "command"),
        (("dance",), "dance"),
        (("serve", "--dance"), "--dance"),
        (("serve", "--leak", "nope"), "there is no leak 'nope'"),
        (("serve", "--stack", "moon"), "moon"),
        (("serve", "--stack", "production", "--leak", "order-read-without-tenant"), "a leak of the embedded stack"),
        (("serve", "--stack", "production", "--database", "x.db"), "--database"),
        (("serve", "--workers", "3"), "--workers"),
        (("serve", "--logs", "x"), "--logs"),
        (("serve", "--restart"), "--restart"),
        (("serve", "--between", "."), "--between"),
        (("serve", "--provider-url", "http://127.0.0.1:9"), "CLICKDROP_PROVIDER_KEY"),
        (("provider", "--port", "70000"), "expected a port"),
        (("provider", "--store", "/nowhere/at/all.db", "--port", "0"), "--store"),
        (("serve", "--pool-size", "0"), "expected 1 or more"),
        (("serve", "--cache-entries", "0"), "expected 1 or more"),
        (("serve", "--upstream-delay", "-1"), "--upstream-delay"),
        (("serve", "--port", "70000"), "expected a port"),
        (("serve", "--port", "x"), "expected a port"),
        (("serve", "--rate-limit", "-1"), "--rate-limit"),
        (("serve", "--label-cache-seconds", "inf"), "expected a number of seconds"),
        (("serve", "--port", "0", "--database", "/nowhere/at/all.db"), "--database"),
        (("serve", "--port", "0", "--database", "/"), "--database"),
        (("serve", "--port", "0", "--database", __file__), "not a database"),
        (("serve", "--port", "0", "--host", "256.256.256.256"), "256.256.256.256"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], said: str) -> None:
    """What the user can mend is said in one line, with exit status 2."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_port_in_use() -> None:
    """A port that is taken is said in one line, with exit status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "in use" in done.stderr


def test_short_operator_keys_are_refused() -> None:
    """A key for the operator that could be guessed is refused, and not repeated."""
    process = launch(environment={"CLICKDROP_OPERATOR_KEY": "guess-me"})
    out, err = process.communicate(timeout=STOP_SECONDS)
    assert (process.returncode, out) == (2, "")
    assert "guess-me" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it(number: signal.Signals) -> None:
    """Either signal ends the service at once, with exit status 0 and not a word, though a client is connected."""
    with running("--demo") as service:
        client = service.client(service.url, service.ready["api_keys"][0])
        assert client.get("/orders").status_code == 200
        service.process.send_signal(number)
        assert service.process.wait(STOP_SECONDS) == 0
        assert service.process.stderr is not None
        assert service.process.stderr.read() == ""


def test_ready_line() -> None:
    """The ready line says where the service is, and it answers there; the demo's tenants have equal references."""
    key = "an operator's key of some length"
    process = launch("--demo", environment={"CLICKDROP_OPERATOR_KEY": key})
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        ready = json.loads(line)
        assert set(ready) == {
            "url",
            "shop_url",
            "origin",
            "operator_url",
            "api_keys",
            "account_ids",
            "names",
            "users",
            "mail",
        }
        assert key not in line
        assert ready["url"] == ready["origin"] + "/api/v1"
        assert ready["shop_url"] == ready["origin"] + "/shop/v1"
        references = []
        for api_key in ready["api_keys"]:
            answer = httpx.get(ready["url"] + "/orders", headers={"Authorization": api_key}, trust_env=False)
            references.append([each["orderReference"] for each in answer.json()["orders"]])
        assert references == [["INV-1002", "INV-1001"]] * 2
        operator = {"Authorization": f"Bearer {key}"}
        tenants = httpx.get(ready["operator_url"] + "/tenants", headers=operator, trust_env=False).json()
        assert [tenant["id"] for tenant in tenants] == ready["account_ids"]
    finally:
        process.terminate()
        process.communicate(timeout=STOP_SECONDS)


def test_no_operator_unless_asked() -> None:
    """Without a key of its own there is no operator's API at all."""
    process = launch()
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        assert "operator_url" not in ready
        answer = httpx.get(ready["origin"] + "/operator/tenants", trust_env=False)
        assert answer.status_code == 404
    finally:
        process.terminate()
        process.communicate(timeout=STOP_SECONDS)


def test_database_outlives_the_service(tmp_path: Path) -> None:
    """With a database of its own, a service goes on where the last one stopped."""
    database = ("--database", str(tmp_path / "clickdrop.db"))
    with running(*database) as first:
        tenant = first.tenant()
        (made,) = tenant.create(order("INV-1"))
        first.process.terminate()
        assert first.process.wait(STOP_SECONDS) == 0
    with running(*database) as second:
        client = second.client(second.url, tenant.key)
        (found,) = client.get("/orders").json()["orders"]
        assert found["orderIdentifier"] == made["orderIdentifier"]
        (after,) = client.post("/orders", json={"items": [order("INV-2")]}).json()["createdOrders"]
        assert after["orderIdentifier"] > made["orderIdentifier"]


def test_decoys_are_listed() -> None:
    """The catalogue is there for machines and for people; one that there is not is told, with those that there are."""
    listed = json.loads(run("decoys", "--json").stdout)
    assert [decoy["name"] for decoy in listed] == list(DECOYS)
    assert all(decoy["looks_like"] and decoy["reason"] for decoy in listed)
    table = run("decoys").stdout
    assert all(name in table for name in DECOYS)
    refused = run("serve", "--decoy", "nonsense")
    assert refused.returncode == 2
    assert "there is no decoy 'nonsense'; `clickdrop decoys` lists them: shops-in-directory" in refused.stderr


def test_leaks_are_listed() -> None:
    """The catalogue is an array of objects of eleven fields, and a table that names them all."""
    listed = json.loads(run("leaks", "--json").stdout)
    told = {"name", "class", "incidents", "sources", "difficulty", "shows_by", "stack"}
    told |= {"trigger", "mechanism", "seam", "seen"}
    assert [set(leak) for leak in listed] == [told] * len(LEAKS)
    table = run("leaks").stdout
    assert [line.split()[0] for line in table.splitlines()[1:]] == [leak["name"] for leak in listed]


@pytest.mark.parametrize("stack", STACKS)
def test_all_leaks_at_once(stack: str) -> None:
    """All leaks of a stack can be planted together, and the service still serves."""
    names = [leak.name for leak in LEAKS.values() if leak.stack in {BOTH, stack}]
    with running("--stack", stack, *(argument for name in names for argument in ("--leak", name))) as service:
        tenant = service.tenant()
        tenant.create(order("INV-1"))
        assert tenant.http.get("/orders/full").status_code == 200
