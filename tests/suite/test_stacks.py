"""The suite's own stack: what happens to it when a run is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.clickdrop.services import until

ROOT = Path(__file__).parents[2]


def test_interrupted_with_its_whole_group(tmp_path: Path) -> None:
    """A CI system, or Ctrl-C at a terminal, signals the whole group of processes: the run ends as inconclusive, with
    its report, and not over a service that ended before it."""
    command = [sys.executable, "-m", "partywall", "run", "isolation_tests/test_journeys.py", "--report", str(tmp_path)]
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert run.stdout is not None  # piped above
    history = tmp_path / "history.ndjson"
    until(
        lambda: run.poll() is not None or (history.exists() and b'"exchange"' in history.read_bytes()),
        "an exchange was recorded",
    )
    os.killpg(run.pid, signal.SIGTERM)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 3, said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "inconclusive"
    assert "interrupted" in report["reasons"]
    assert not any("died" in reason for reason in report["reasons"])
