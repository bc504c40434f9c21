"""A pytest plugin (``-p benchmarks.first_finding``): a run ends with the first test that finds what was planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import kill_lines
from partywall.errors import Violation
from partywall.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost: the plugin's own wrapper has said what the test means
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Unlike ``-x``, a test that proved nothing, or found something else, ends nothing: what comes after it may find
    what it did not."""
    report = yield
    if dict(report.user_properties).get("partywall") == Outcome.VIOLATED and found(
        item.config, call.excinfo and call.excinfo.value
    ):
        item.session.shouldfail = "something was found"
    return report


def found(config: pytest.Config, error: BaseException | None) -> bool:
    """Has a test that is violated, and ended so, found what is planted in this run?"""
    names = config.getoption("--leak", default=[]) or [kill_lines.CLEAN]
    return not isinstance(error, Violation) or any(
        kill_lines.shows(name, finding.property) for name in names for finding in error.findings
    )
