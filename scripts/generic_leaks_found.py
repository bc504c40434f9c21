"""Click & Drop through the generic door alone: is it held when it is sound, and which planted leaks are found?

    python scripts/generic_leaks_found.py [NAME ...]

Starts ``clickdrop serve`` for each leak, writes settings and runs ``partywall run`` on its served description. Without
names: none ("clean"), and the four whose sequential triggers any API can meet. Prints a line for each; exits 1 if one
is not as it should be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLEAN = "clean"
LEAKS = (
    "order-read-without-tenant",
    "list-checks-first-id",
    "order-list-cache-without-tenant",
    "label-cache-by-reference",
)
SETTINGS = """
openapi = "{url}/openapi.json"
tenants = "tenants.toml"

[operations.CreateOrdersAsync.values]
"/items/0/postageDetails/serviceCode" = "TPN24"
"/items/0/recipient/address/countryCode" = "GB"
"""
TENANTS = """
[[tenant]]
name = "one"
credentials = [{kind = "bearer", token = {env = "ONE"}}]
[[tenant]]
name = "two"
credentials = [{kind = "bearer", token = {env = "TWO"}}]
"""


def examined(leak: str, folder: Path, *arguments: str) -> bool:
    """Run with a leak planted, or none, and with further arguments; was it told as it is?"""
    began = time.monotonic()
    planted = [] if leak == CLEAN else ["--leak", leak]
    command = [sys.executable, "-m", "clickdrop", "serve", "--port", "0", "--demo", "--json", *planted]
    with subprocess.Popen([*command, "--rate-limit", "0"], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None  # piped above
        ready = json.loads(service.stdout.readline())
        (folder / "partywall.toml").write_text(SETTINGS.format(url=ready["url"]))
        (folder / "tenants.toml").write_text(TENANTS)
        one, two = ready["api_keys"]
        run = subprocess.run(
            [sys.executable, "-m", "partywall", "run", "--replays", "0", *arguments],
            cwd=folder,
            env={**os.environ, "ONE": one, "TWO": two},
            capture_output=True,
            text=True,
            check=False,
        )
        service.terminate()
    report = json.loads((folder / "partywall-report" / "report.json").read_text())
    names = sorted({f"{each['property']} {each['operation']}" for each in report["findings"]})
    print(f"{leak}: exit {run.returncode}, {report['verdict']}, {time.monotonic() - began:.0f} s: {'; '.join(names)}")
    for reason in report["reasons"][:5] if leak == CLEAN else ():
        print(f"  {reason}")
    return run.returncode == (0 if leak == CLEAN else 1)


def main() -> int:
    """Examine those named, or the usual ones."""
    results = []
    for leak in sys.argv[1:] or (CLEAN, *LEAKS):
        with tempfile.TemporaryDirectory() as folder:
            results.append(examined(leak, Path(folder)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
