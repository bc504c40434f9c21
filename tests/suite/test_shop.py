"""The suite in the shop: leaks that show there alone are found there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures import shop

ROOT = Path(__file__).parents[2]
LEAKS = {
    "answer-kept-by-idempotency-key": shop.CREATE_CHECKOUT,
    "table-named-by-day": shop.GET_JOB_FILE,
    "worker-keeps-tenant": shop.GET_JOB_FILE,
}
"""Leak -> the operation that shows it."""


@pytest.mark.parametrize("leak", LEAKS)
def test_found_in_the_shop(leak: str, tmp_path: Path) -> None:
    """A leak that shows in the shop only is found by what merchants do there when nobody tries anything."""
    command = [sys.executable, "-m", "partywall", "run", "isolation_tests/test_own_world.py", "-k", "shop"]
    command += ["--leak", leak, "--replays", "0", "--report", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert {finding["operation"] for finding in report["findings"]} == {LEAKS[leak]}
