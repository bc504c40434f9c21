"""pytest-authz-matrix: contracts that pytest expands into a test for each user and object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.peers.tool import Result, Tool, bounded, together, write

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.ground import Ground
    from benchmarks.peers.tool import Budget

WRITTEN = "authz-matrix.yml", "test_authorization.py"
TESTS_FAILED = 1
FAILED = re.compile(r"^(?:FAILED|ERROR) \S+?::(\S+\])", re.MULTILINE)


def run(ground: Ground, budget: Budget, folder: Path, bin_: Path) -> Result:
    """See `Tool`."""
    for name in WRITTEN:
        write(name, ground, folder)
    # A configuration file of the folder's own, lest pytest takes one from above.
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = bounded([bin_ / "pytest", "-q", "-rfE", "--tb=no", "--authz-require-complete"], ground, budget, folder)
    note = "" if done.status in (0, TESTS_FAILED) else f"pytest ended with {done.status}"
    return together([(done, accusations(done.output))], note)


def accusations(output: str) -> list[str]:
    """The cases that failed, as pytest's summary has them."""
    return FAILED.findall(output)


TOOL = Tool(
    name="pytest-authz-matrix",
    package="pytest-authz-matrix",
    setup=(
        "pytest with contracts of both users and nobody, over an HTTP client, which its documentation allows without "
        "Django: every object by its identifier, lists, writes, and reads with tenant claims in headers and cookies. "
        "As it asks for, the tests add what a status can't say: that no answer has another's marker in it, and that an "
        "object is after a foreign write as it was before."
    ),
    written=WRITTEN,
    silent_on=(
        "whose an object is, what is in a body, and side effects: these are the test's own assertions; APIs that are "
        "not Django's are not discovered"
    ),
    run=run,
)
