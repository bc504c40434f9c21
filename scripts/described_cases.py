"""Thousands of Schemathesis' cases, all of its checks, on what the service describes: the API and the shop.

    python -m scripts.described_cases [CASES [STACK...]]

Runs Schemathesis on a new service for seed after seed until each stack has been sent so many cases (10,000), half of
them to each description, and prints how many there were and what did not pass. Exits 1 if a check failed.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

from tests.clickdrop.services import STACKS, running
from tests.clickdrop.test_schemathesis import check

CASES = 10_000
EXAMPLES = 40
"""So many examples of an operation at most, in each run."""


def cases(stack: str, seed: int, *, shop: bool) -> tuple[int, str]:
    """Do one run; answer how many cases there were, and all that Schemathesis said if a check failed."""
    with running("--stack", stack) as service, tempfile.TemporaryDirectory() as scratch:
        done = check(service, Path(scratch), "--max-examples", str(EXAMPLES), shop=shop, seed=seed)
    generated = re.search(r"([0-9,]+) generated", done.stdout)
    if generated is None:
        raise RuntimeError(f"Schemathesis did not run: {done.stdout}")
    return int(generated[1].replace(",", "")), "" if done.returncode == 0 else done.stdout


def main() -> int:
    """Run on the stacks that are named, or on both."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    failed = 0
    for stack in sys.argv[2:] or STACKS:
        for name, shop in (("API", False), ("shop", True)):
            began, sent, seed = time.monotonic(), 0, 0
            while sent < wanted / 2:
                seed += 1
                count, said = cases(stack, seed, shop=shop)
                sent += count
                if said:
                    failed += 1
                    print(said)
            print(f"{stack}, {name}: {sent} cases in {seed} runs, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{failed} runs with a check that failed" if failed else "all checks passed: no 5xx, nothing undescribed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
