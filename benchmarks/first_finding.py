"""A pytest plugin (``-p benchmarks.first_finding``): a run ends with the first test that finds something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywall.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost: the plugin's own wrapper has said what the test means
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Unlike ``-x``, a test that proved nothing ends nothing: what comes after it may find what it did not."""
    report = yield
    if dict(report.user_properties).get("partywall") == Outcome.VIOLATED:
        item.session.shouldfail = "something was found"
    return report
