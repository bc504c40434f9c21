"""What each hostile body costs: time, peak memory over what the body itself takes, and what is told as unseen.

Each is decoded in a process of its own. Memory is this process's, and that of the child which reads PDF and images; the
baseline is both with everything imported and the body made.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from partywall.decode import decode
from partywall.decode.contained import client
from tests.partywall.decode.bodies import response, text_pdf
from tests.partywall.decode.hostile import ENCODINGS, HOSTILE, KINDS

MEMORY_MB_MAX = 256
TIMEOUT_S = 300
_warmed = itertools.count()


def measured() -> dict[str, Any]:
    """A row for each body."""
    return {
        "what": f"hostile bodies decoded; at most {MEMORY_MB_MAX} MB over the baseline",
        "python": platform.python_version(),
        "rows": [row(name) for name in HOSTILE],
    }


def row(name: str) -> dict[str, Any]:
    """One body, decoded in a fresh process. Raises `CalledProcessError` if that process fails."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.hostile_bodies", name],
        check=True,
        stdout=subprocess.PIPE,
        timeout=TIMEOUT_S,
    )
    measured: dict[str, Any] = json.loads(ran.stdout)
    return measured


def decode_one(name: str) -> dict[str, Any]:
    """Decode a body in this process."""
    # The child is up before the baseline is taken; a document that it knows would not bring it up.
    decode(response(text_pdf(f"warm {next(_warmed)}")))
    body = HOSTILE[name]()
    headers = (("Content-Encoding", ENCODINGS[name]),) if name in ENCODINGS else ()
    exchange = response(body, KINDS.get(name, ""), headers=headers)
    child = client.pid()
    for process in (os.getpid(), child):
        # Lets the peak begin anew: man 5 proc, clear_refs.
        Path(f"/proc/{process}/clear_refs").write_text("5")
    before, child_before = _resident_mb(os.getpid(), "VmRSS"), _resident_mb(child, "VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    decoded = decode(exchange)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if client.pid() == child:
        child_peak = _resident_mb(child, "VmHWM")
    else:
        child_peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "body": name,
        "bytes": len(body),
        "cpu_s": round(cpu, 2),
        "wall_s": round(wall, 2),
        "peak_mb": round(_resident_mb(os.getpid(), "VmHWM") - before),
        "child_peak_mb": round(child_peak - child_before),
        "texts": len(decoded.texts),
        "unseen": [entry[:160] for entry in decoded.unseen[:2]],
        "unseen_in_all": len(decoded.unseen),
    }


def _resident_mb(process: int, field: str) -> float:
    """Resident memory of a process now (VmRSS) or at its peak (VmHWM)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


if __name__ == "__main__":
    print(json.dumps(decode_one(sys.argv[1])))
