"""Ends a process group and removes a folder once standard input ends: `python guard.py FOLDER`.

The services of a stack are in this process's group. Whoever started them holds the other end of standard input, and
lets go of it when it ends, in whatever way it ends. Standard library only, and nothing of this package, so that it
starts in no time.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE_SECONDS = 3.0
_STEP_SECONDS = 0.02


def alone() -> bool:
    """Tell whether nobody else is left in this process's group. A dead process that nobody waits for is nobody."""
    group = os.getpgrp()
    for entry in Path("/proc").iterdir() if Path("/proc/self/stat").exists() else ():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                state, _, of_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(of_group) == group and state != "Z":
                return False
    return True


def main() -> None:
    """Wait, then end them: politely first."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not alone() and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
