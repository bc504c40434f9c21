"""In which order the suite's tests run, and what that is for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks import kill_run
from clickdrop.leaks.leak import EMBEDDED
from isolation_tests.conftest import FIRST

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS_MAX = 300
SUITE = kill_run.ROOT / "isolation_tests"


def collected(cache: Path, *words: str) -> list[str]:
    """The tests that pytest would run, asked with these words, in order."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", f"cache_dir={cache}", *words]
    done = subprocess.run(command, cwd=kill_run.ROOT, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_declared_order(tmp_path: Path) -> None:
    """The files that are declared to come first do so in that order, and all others follow by name."""
    files = [test.partition("::")[0] for test in collected(tmp_path, "isolation_tests")]
    others = sorted({path.stem for path in SUITE.glob("test_*.py")} - {*FIRST})
    assert list(dict.fromkeys(files)) == [f"isolation_tests/{name}.py" for name in (*FIRST, *others)]


def test_order_of_what_was_asked_for(tmp_path: Path) -> None:
    """Tests chosen by file and by word come in the same order, but after those that failed last, if these are to come
    first."""
    pages, existence = (
        "isolation_tests/test_website.py::test_pages",
        "isolation_tests/test_existence.py::test_existence_shop",
    )
    words = ("isolation_tests/test_website.py", "isolation_tests/test_existence.py", "-k", "pages or shop")
    assert collected(tmp_path, *words) == [existence, pages]
    (tmp_path / "v/cache").mkdir(parents=True)
    (tmp_path / "v/cache/lastfailed").write_text(json.dumps({pages: True}))
    assert collected(tmp_path, *words, "--ff") == [pages, existence]


def test_found_soon() -> None:
    """A leak that takes no more than one request after another is found within a few hundred."""
    wanted = kill_run.Wanted("order-read-without-tenant", EMBEDDED, 1, whole=False)
    found = kill_run.run(wanted, measured="")
    assert found["verdict"] == "violated", found
    assert found["requests"] < REQUESTS_MAX
