"""Click & Drop through the generic door alone: is it held when it is sound, and which planted leaks are found?

    python -m scripts.generic_leaks_found [OPTION ...] [NAME ...]

Starts ``clickdrop serve`` for each leak, on the stack where it leaks, writes settings and runs ``partywall run`` on its
served description. Without names: none ("clean"), and all of the catalogue that take no more than one tenant's request
after another's. Options (``-x``, ``--seconds=900``) go to each run. Prints a line for each, and the share that was
found; exits 1 if the sound service is not held, or fewer are found than there have to be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from clickdrop.leaks.catalogue import LEAKS
from clickdrop.leaks.leak import EMBEDDED, PRODUCTION, Difficulty
from fixtures.providers import unmeasured

CLEAN = "clean"
SEQUENTIAL = tuple(name for name, leak in LEAKS.items() if leak.difficulty is Difficulty.SEQUENTIAL)
SHARE_MIN = 0.9
SETTINGS = """
openapi = "{url}/openapi.json"
tenants = "tenants.toml"

[operations.CreateOrdersAsync.values]
"/items/0/postageDetails/serviceCode" = "TPN24"
"/items/0/recipient/address/countryCode" = "GB"

[[once]]
operation = "CreateOrdersAsync"
of = "order"
key = "/createdOrders/*/orderReference"
at = "/createdOrders/*/orderIdentifier"
"""
TENANT = """
[[tenant]]
name = "{name}"
account = "{account}"
credentials = [{{kind = "bearer", token = {{env = "{name}"}}}}]
"""


def tenant(operator: httpx.Client, name: str) -> tuple[str, str]:
    """A new tenant's settings, and its key."""
    made = operator.post("/tenants", json={"name": f"Shop {name}", "kind": "OBA", "channel_shipper": True}).json()
    key = operator.post(f"/tenants/{made['id']}/keys", json={}).json()["key"]
    return TENANT.format(name=name, account=made["id"]), key


def examined(leak: str, folder: Path, *arguments: str) -> bool:
    """Run with a leak planted, or none, and with further arguments; was it told as it is?"""
    began = time.monotonic()
    planted = [] if leak == CLEAN else ["--leak", leak, "--stack", _stack(leak)]
    command = [sys.executable, "-m", "clickdrop", "serve", "--port", "0", "--operator", "--json", *planted]
    command += ["--rate-limit", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured()) as service:
        assert service.stdout is not None  # piped above
        ready = json.loads(service.stdout.readline())
        key = {"Authorization": f"Bearer {ready['operator_key']}"}
        with httpx.Client(base_url=ready["operator_url"], headers=key, trust_env=False) as operator:
            (one, key_of_one), (two, key_of_two) = tenant(operator, "ONE"), tenant(operator, "TWO")
        (folder / "partywall.toml").write_text(SETTINGS.format(url=ready["url"]))
        (folder / "tenants.toml").write_text(one + two)
        run = subprocess.run(
            [sys.executable, "-m", "partywall", "run", "--replays", "0", *arguments],
            cwd=folder,
            env={**os.environ, "ONE": key_of_one, "TWO": key_of_two},
            capture_output=True,
            text=True,
            check=False,
        )
        service.terminate()
    written = folder / "partywall-report" / "report.json"
    report: dict[str, Any] = {"findings": [], "reasons": [run.stderr.strip()]}
    if written.exists():
        report = json.loads(written.read_text())
    names = sorted({f"{each['property']} {each['operation']}" for each in report["findings"]})
    print(
        f"{leak}: exit {run.returncode}, {report.get('verdict', 'no report')}, {report.get('exchanges', 0)} responses, "
        f"{time.monotonic() - began:.0f} s: {'; '.join(names)}",
        flush=True,
    )
    for reason in report["reasons"][:5] if leak == CLEAN or not written.exists() else ():
        print(f"  {reason}")
    return run.returncode == (0 if leak == CLEAN else 1)


def _stack(leak: str) -> str:
    return PRODUCTION if LEAKS[leak].stack == PRODUCTION else EMBEDDED


def main() -> int:
    """Examine those named, or all; options go to each run."""
    options = [word for word in sys.argv[1:] if word.startswith("-")]
    named = [word for word in sys.argv[1:] if word not in options] or [CLEAN, *SEQUENTIAL]
    told = {}
    for leak in named:
        with tempfile.TemporaryDirectory() as folder:
            told[leak] = examined(leak, Path(folder), *options)
    sound = told.pop(CLEAN, True)
    if told:
        found, missed = sum(told.values()), [leak for leak, seen in told.items() if not seen]
        print(f"found {found} of {len(told)}, {found / len(told):.0%}; missed: {', '.join(missed) or 'none'}")
    return 0 if sound and sum(told.values()) >= SHARE_MIN * len(told) else 1


if __name__ == "__main__":
    sys.exit(main())
