"""What each hostile body costs: CPU time, peak memory over what the body itself takes, and what is told as unseen.

Each is decoded in a process of its own. Peak memory is that process's, and that of the child which reads PDF and images,
whichever is more; the baseline is the process with the body made and everything imported.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import time
from typing import Any

from tests.partywall.decode.hostile import ENCODINGS, HOSTILE, KINDS

MEMORY_MB_MAX = 256
TIMEOUT_S = 300


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
    """Decode a body in this process, which must have decoded nothing else."""
    from partywall.decode import decode  # noqa: PLC0415
    from partywall.decode.contained import client  # noqa: PLC0415
    from tests.partywall.decode.bodies import response, text_pdf  # noqa: PLC0415

    # The child is up before the baseline is taken.
    decode(response(text_pdf("warm")))
    body = HOSTILE[name]()
    headers = (("Content-Encoding", ENCODINGS[name]),) if name in ENCODINGS else ()
    exchange = response(body, KINDS.get(name, ""), headers=headers)
    _forget_peak("self")
    before, child_before = _resident("self", "VmRSS"), _resident(client.pid(), "VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    decoded = decode(exchange)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    child = client.pid()
    child_peak = max(_resident(child, "VmHWM") - child_before, 0) if child else 0
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "body": name,
        "bytes": len(body),
        "cpu_s": round(cpu, 2),
        "wall_s": round(wall, 2),
        "peak_mb": round(_resident("self", "VmHWM") - before),
        "child_peak_mb": round(max(child_peak, ended.ru_maxrss / 1024 - child_before if ended.ru_maxrss else 0)),
        "texts": len(decoded.texts),
        "unseen": [entry[:160] for entry in decoded.unseen[:3]],
        "unseen_in_all": len(decoded.unseen),
    }


def _forget_peak(process: str) -> None:
    """Let the peak begin anew: man 5 proc, clear_refs."""
    with open(f"/proc/{process}/clear_refs", "w") as file:  # noqa: PTH123
        file.write("5")


def _resident(process: str | int, field: str) -> float:
    """Resident memory of a process now (VmRSS) or at its peak (VmHWM), in MB."""
    if not process:
        return 0.0
    with open(f"/proc/{process}/status") as file:  # noqa: PTH123
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(field))


if __name__ == "__main__":
    print(json.dumps(decode_one(sys.argv[1])))
