"""What it costs to start: the commands, and importing the pytest plugins, against Schemathesis and bare Python."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import Any, Final

ROUNDS = 9
WAYS: Final = {
    "python": ("-c", "pass"),
    "partywall --help": ("-m", "partywall", "--help"),
    "schemathesis --help": ("-m", "schemathesis.cli", "--help"),
    "import pytest": ("-c", "import pytest"),
    "import pytest, partywall.plugin": ("-c", "import pytest, partywall.plugin"),
    "import pytest, schemathesis.pytest.plugin": ("-c", "import pytest, schemathesis.pytest.plugin"),
}


def measured() -> dict[str, Any]:
    """The least CPU time of several rounds, which the ways take in turn, and what comes on top of bare Python."""
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(ROUNDS):
        for name, words in WAYS.items():
            best[name] = min(best[name], _milliseconds(words))
    bare, pytest = best["python"], best["import pytest"]
    rows = [
        {
            "start": name,
            "cpu_ms": round(spent, 1),
            "beyond_bare_ms": round(spent - (pytest if "," in name else bare), 1),
        }
        for name, spent in best.items()
    ]
    return {
        "what": "CPU time of a process, with compiled files; beyond bare Python, or beyond importing pytest",
        "rows": rows,
    }


def _milliseconds(words: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
