"""Locust itself, driving our tenants: `make distributed`. Not collected by `make test`, since Locust puts parts of
gevent in the place of Python's and has an environment of its own.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

from tests.partywall import notes
from tests.partywall.distributed.test_distributed import ends_of_findings

ROOT = Path(__file__).parents[3]
LOCUST = (
    str(ROOT / ".venv-bench" / "bin" / "python"),
    "-m",
    "locust",
    "-f",
    str(Path(__file__).with_name("locustfile.py")),
)
SECONDS_MAX = 120.0


def test_leak_across_workers(tmp_path: Path) -> None:
    """A master and two workers find a leak between their tenants."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    master = ["--master", "--headless", "--expect-workers=2", "--users=4", "--spawn-rate=100", "--run-time=2s"]
    master += ["--master-bind-host=127.0.0.1", f"--master-bind-port={port}"]
    worker = ["--worker", "--master-host=127.0.0.1", f"--master-port={port}"]
    with notes.serving("list") as service:
        environment = {
            **os.environ,
            "NOTES": service.url,
            "FOLDER": str(tmp_path / "report"),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }
        processes = [
            subprocess.Popen(
                [*LOCUST, *part], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            for part in (master, worker, worker)
        ]
        until = time.monotonic() + SECONDS_MAX
        try:
            said, _ = processes[0].communicate(timeout=SECONDS_MAX)
            codes = [process.wait(until - time.monotonic()) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.communicate()
    assert codes == [1, 0, 0], said
    assert ends_of_findings(tmp_path / "report") >= {("1", "2"), ("2", "1")}
    run = json.loads((tmp_path / "report" / "distributed.json").read_text())
    assert all(worker["figures"]["foreign"] for worker in run["workers"])
