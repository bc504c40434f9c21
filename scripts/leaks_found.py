"""For each planted leak: is it found, and does each finding's replay.py show it again on a fresh leaking
service, and nothing on a clean one?

    python scripts/leaks_found.py [NAME ...]

Prints a line for each leak and one for each finding; exits 1 if anything is missing. What the run itself could not
bring back, and told as a symptom of a finding that it could, is not. What such a run has left is kept, in
reports/runs/leak-NAME.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import EMBEDDED, PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = Path(__file__).parents[1] / "reports" / "runs"
CLEAN_ATTEMPTS = 20
"""Of a replay that must show nothing. On its own it would try for half a minute."""
SERVE = ("-m", "clickdrop", "serve", "--port", "0", "--demo", "--operator", "--json", "--rate-limit", "0")


@contextmanager
def served(stack: str, *leaks: str) -> Iterator[dict[str, Any]]:
    """A fresh service's ready line."""
    planted = ["--stack", stack, *(word for leak in leaks for word in ("--leak", leak))]
    with subprocess.Popen([sys.executable, *SERVE, *planted], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None  # piped above
        try:
            yield json.loads(service.stdout.readline())
        finally:
            service.terminate()


def replayed(script: Path, ready: dict[str, Any], tenants: int, *arguments: str) -> tuple[int, str]:
    """Exit status and last line of a replay by so many new tenants of a service."""
    done = subprocess.run(
        [sys.executable, str(script), "--ready", "-", *arguments],
        input=json.dumps(with_tenants(ready, tenants)) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, (done.stdout.strip().splitlines() or [done.stderr.strip()[-200:]])[-1]


def with_tenants(ready: dict[str, Any], count: int) -> dict[str, Any]:
    """A service's ready line, with so many new tenants instead of those of the demonstration."""
    headers = {"Authorization": f"Bearer {ready['operator_key']}"}
    told: dict[str, Any] = {**ready, "api_keys": [], "account_ids": [], "names": []}
    with httpx.Client(base_url=ready["operator_url"], headers=headers, trust_env=False) as operator:
        for name in (f"Shop {index}" for index in range(count)):
            made = operator.post("/tenants", json={"name": name, "kind": "OBA", "channel_shipper": True}).json()
            told["api_keys"].append(operator.post(f"/tenants/{made['id']}/keys", json={}).json()["key"])
            told["account_ids"].append(made["id"])
            told["names"].append(name)
    return told


@dataclass
class Run:
    """A run of the suite with a leak planted, what it left in its folder, and a clean service."""

    leak: str
    stack: str
    folder: Path
    clean: dict[str, Any]

    def tried(self, finding: dict[str, Any]) -> tuple[bool, bool, str]:
        """Does a finding's replay show it where it leaks, and is it as it should be? In words, too."""
        script = self.folder / finding["replay"]
        witness = json.loads((self.folder / finding["witness"]).read_text())
        tenants = len(witness["program"]["roles"])
        with served(self.stack, self.leak) as leaking:
            dirty = replayed(script, leaking, tenants)
        attempts = ("--attempts", str(CLEAN_ATTEMPTS))
        clean = replayed(script, self.clean, tenants, *attempts)
        if clean[0] not in (0, 1):  # another's replay may have made the same user there
            with served(self.stack) as alone:
                clean = replayed(script, alone, tenants, *attempts)
        # What no replay has shown in the run either, but showed beside a leak that they do show, is told with that.
        beside = finding["symptom_of"] is not None and not witness["reproduced"]
        name = " ".join(finding[key] for key in ("id", "property", "kind", "operation", "surface"))
        size = f"{len(witness['program']['steps'])} steps, shown {witness['reproduced']} of {witness['tries']}"
        of = f", symptom of {finding['symptom_of']}" if finding["symptom_of"] else ""
        words = f"  {name}: {size}{of}\n    leaking: {dirty[0]} {dirty[1]}\n    clean: {clean[0]} {clean[1]}"
        return dirty[0] == 1, clean[0] == 0 and (dirty[0] == 1 or beside), words


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
    leaks = sum(finding["symptom_of"] is None for finding in found)
    print(
        f"{leak}: exit {run.returncode}, {report['verdict']}, {len(found)} findings of {leaks} leaks, "
        f"seed {report['seed']}, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    shown, well = 0, run.returncode == 1 and bool(found)
    # What leaks may stay in its service, so that each replay gets its own; where nothing does, one serves all.
    with served(stack) as clean, ThreadPoolExecutor(os.cpu_count()) as pool:
        for shows, as_it_should, words in pool.map(Run(leak, stack, folder, clean).tried, found):
            print(words, flush=True)
            shown, well = shown + shows, well and as_it_should
    print(f"  {shown} of {len(found)} shown again, {time.monotonic() - began:.0f} s", flush=True)
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
