"""Payment providers to test with: the command in a process of its own, on a free port."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from clickdrop.provider.command import CONTROL_KEY_VARIABLE, KEY_VARIABLE
from fixtures.providers import unmeasured
from tests.clickdrop.services import TLS, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {KEY_VARIABLE: "the platform's key at the provider", CONTROL_KEY_VARIABLE: "the key of the provider's faults"}


@dataclass(frozen=True)
class Provider:
    """A provider that runs; `http` has the platform's key, `control` the key of the faults."""

    process: subprocess.Popen[str]
    url: str
    http: httpx.Client
    control: httpx.Client

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def options(self) -> tuple[str, ...]:
        """Answer what tells a service to use it, beside the environment `KEYS`."""
        return ("--provider-url", self.url)

    def misbehave(self, **faults: float) -> None:
        """Have it misbehave so from now on, and not otherwise."""
        answer = self.control.put("/control/faults", json=faults)
        assert answer.status_code == 200, answer.text

    def charges(self) -> list[dict[str, Any]]:
        """List all charges, oldest first."""
        found: list[dict[str, Any]] = []
        while page := self.http.get("/charges", params={"after": found[-1]["serial"] if found else 0}).json():
            found += page
        return found

    def charges_of(self, *checkout_ids: str) -> list[dict[str, Any]]:
        """List the charges of some checkouts."""
        return [charge for charge in self.charges() if charge["key"] in checkout_ids]


@contextmanager
def providing(*options: str, store: Path | None = None, port: int = 0) -> Iterator[Provider]:
    """Run a provider."""
    command = [sys.executable, "-m", "clickdrop", "provider", "--json", "--until-eof", "--port", str(port), *options]
    process = subprocess.Popen(
        [*command, *(("--store", str(store)) if store else ())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**unmeasured(), **KEYS},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        try:
            url = json.loads(process.stdout.readline())["url"]
            with _client(url, KEYS[KEY_VARIABLE]) as http, _client(url, KEYS[CONTROL_KEY_VARIABLE]) as control:
                yield Provider(process, url, http, control)
        finally:
            stop(process)


def _client(url: str, key: str) -> httpx.Client:
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {key}"}, verify=TLS, trust_env=False, timeout=30
    )
