"""What a client's process reports: CPU time of its requests alone."""

from __future__ import annotations

import json
import resource
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = ("Authorization", "Bearer a-credential-of-the-benchmark")


def arguments() -> tuple[str, int, int]:
    """URL, requests, connections."""
    return sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def report(work: Callable[[int], int], *distributions: str) -> None:
    """Print what a request costs, from a run of ``work``, which is told how many requests to make and answers how many
    it made; a tenth of them come first, unmeasured."""
    _, requests, _ = arguments()
    work(requests // 10)
    before = _cpu_s()
    made = work(requests)
    used = _cpu_s() - before
    versions = {name: version(name) for name in distributions}
    sys.stdout.write(json.dumps({"cpu_us_per_request": round(1e6 * used / made, 1), "versions": versions}) + "\n")


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
