"""For each planted leak: is it found, and does each finding's replay.py show it again on a fresh leaking
service, and nothing on a clean one?

    python scripts/leaks_found.py [NAME ...]

Prints a line for each leak and one for each finding; exits 1 if anything is missing. What such a run has left is kept,
in reports/runs/leak-NAME.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import EMBEDDED, PRODUCTION

RUNS = Path(__file__).parents[1] / "reports" / "runs"
CLEAN_ATTEMPTS = 20
"""Of a replay that must show nothing. On its own it would try for half a minute."""
SERVE = ("-m", "clickdrop", "serve", "--port", "0", "--demo", "--operator", "--json", "--rate-limit", "0")


def replayed(script: Path, stack: str, tenants: int, *leaks: str) -> tuple[int, str]:
    """Exit status and last line of a replay on a fresh service that has so many tenants."""
    planted = ["--stack", stack, *(word for leak in leaks for word in ("--leak", leak))]
    with subprocess.Popen([sys.executable, *SERVE, *planted], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None  # piped above
        try:
            ready = json.loads(service.stdout.readline())
            done = subprocess.run(
                [sys.executable, str(script), "--ready", "-", *([] if leaks else ["--attempts", str(CLEAN_ATTEMPTS)])],
                input=json.dumps(with_tenants(ready, tenants)) + "\n",
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
        finally:
            service.terminate()
    return done.returncode, (done.stdout.strip().splitlines() or [done.stderr.strip()[-200:]])[-1]


def with_tenants(ready: dict[str, Any], count: int) -> dict[str, Any]:
    """A service's ready line, with so many tenants: those beyond the two of the demonstration are made."""
    headers = {"Authorization": f"Bearer {ready['operator_key']}"}
    with httpx.Client(base_url=ready["operator_url"], headers=headers, trust_env=False) as operator:
        while len(ready["api_keys"]) < count:
            name = f"Shop {len(ready['api_keys'])}"
            made = operator.post("/tenants", json={"name": name, "kind": "OBA", "channel_shipper": True}).json()
            ready["api_keys"].append(operator.post(f"/tenants/{made['id']}/keys", json={}).json()["key"])
            ready["account_ids"].append(made["id"])
            ready["names"].append(name)
    return ready


def examined(leak: str, folder: Path) -> bool:
    """Run the suite with a leak planted, replay what it found, print it all."""
    began = time.monotonic()
    command = [sys.executable, "-m", "partywall", "run", "isolation_tests", "-n", "auto"]
    stack = PRODUCTION if LEAKS[leak].stack == PRODUCTION else EMBEDDED
    command += ["--stack", stack, "--leak", leak, "--report", str(folder)]
    with (folder / "run.log").open("w") as log:
        run = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    found = report["findings"]
    print(
        f"{leak}: exit {run.returncode}, {report['verdict']}, {len(found)} findings, seed {report['seed']}, "
        f"{time.monotonic() - began:.0f} s",
        flush=True,
    )
    well = run.returncode == 1 and bool(found)
    for finding in found:
        script = folder / finding["replay"]
        witness = json.loads((folder / finding["witness"]).read_text())
        tenants = len(witness["program"]["roles"])
        with ThreadPoolExecutor(2) as pool:
            one, other = (
                pool.submit(replayed, script, stack, tenants, leak),
                pool.submit(replayed, script, stack, tenants),
            )
        leaking, clean = one.result(), other.result()
        name = " ".join(finding[key] for key in ("id", "property", "kind", "operation", "surface"))
        size = f"{len(witness['program']['steps'])} steps, shown {witness['reproduced']} of {witness['tries']}"
        print(f"  {name}: {size}\n    leaking: {leaking[0]} {leaking[1]}\n    clean: {clean[0]} {clean[1]}", flush=True)
        well = well and (leaking[0], clean[0]) == (1, 0)
    if not well:
        shutil.copytree(folder, RUNS / f"leak-{leak}", dirs_exist_ok=True)
    return well


def main() -> int:
    """Examine the leaks named, or all."""
    results = []
    for leak in sys.argv[1:] or list(LEAKS):
        with tempfile.TemporaryDirectory() as folder:
            results.append(examined(leak, Path(folder)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
