"""CPU time of this process and of others, and memory that it holds."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROUNDS = 9


def microseconds(ways: Mapping[str, Callable[[Any], object]], inputs: Sequence[Any]) -> dict[str, float]:
    """Name of a way -> microseconds of CPU time for one input: the least of several rounds, which the ways take in
    turn, so that a noisy moment of the machine falls on all of them."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time_ns()
            for each in inputs:
                way(each)
            best[name] = min(best[name], (time.process_time_ns() - began) / len(inputs) / 1e3)
    return best


def resident_mb() -> float:
    """Memory of this process that is in use now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(processes: set[int]) -> float:
    """CPU time that all threads of the processes have used so far, by the scheduler's own count of nanoseconds."""
    used = 0
    for process in processes:
        for thread in Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                used += int(thread.read_text().split()[0])
            except OSError:
                continue
    return used / 1e9
