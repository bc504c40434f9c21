"""The pytest plugin: one fixture, ``isolation``, and the verdict of the run.

A project provides a fixture ``isolation_target`` that returns a `partywall.target.Target`.
Whatever costs time to import is imported when a run first needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.suite.isolation import Isolation
    from partywall.suite.run import Run
    from partywall.target import Target

_RUN = "partywall-run"
_MEANINGS = {"held": ("passed", "."), "violated": ("failed", "V"), "inconclusive": ("failed", "?")}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and settings."""
    from partywall.config import BASELINE, REAL, REPLAYS, RULES

    group = parser.getgroup("partywall", "authorization isolation")
    group.addoption(
        "--partywall-seed", type=int, metavar="N", help="bring a run's data and order back (default: random)"
    )
    group.addoption("--partywall-folder", metavar="DIR", help="write the run's report here")
    for name, meaning in RULES.items():
        group.addoption(f"--partywall-{name}", action="append", default=[], metavar="WORDS", help=meaning)
        parser.addini(f"partywall_{name}", meaning, type="args", default=[])
    group.addoption("--partywall-baseline", metavar="FILE", help=BASELINE)
    parser.addini("partywall_baseline", BASELINE)
    group.addoption("--partywall-replays", type=float, metavar="SECONDS", help=REPLAYS)
    group.addoption("--partywall-real", metavar="SYSTEM", help=REAL)
    parser.addini("partywall_real", REAL)
    group.addoption("--partywall-gate", action="store_true", help="judge the run as a whole (partywall run)")
    parser.addini("partywall_runs", "folder that gets one folder a run; without it reports go to partywall-report/")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fix the seed before Hypothesis reads its own, and the place of junit.xml before pytest does."""
    gate = config.getoption("partywall_gate")
    if gate or config.getoption("partywall_seed") is not None or hasattr(config, "workerinput"):
        run = run_of(config)
        if getattr(config.option, "hypothesis_seed", "no such option") is None:
            config.option.hypothesis_seed = str(run.config.seed)
        if gate and not run.is_worker and not config.option.xmlpath:
            config.option.xmlpath = str(run.config.folder / "junit.xml")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker the seed and the folder."""
    run = run_of(node.config)
    run.begin()
    node.workerinput["partywall"] = (run.config.seed, str(run.config.folder))


@pytest.fixture
def isolation(isolation_target: Target, request: pytest.FixtureRequest) -> Iterator[Isolation]:
    """Opens trials against the project's target: tenants, their sessions, one history, judged at the end."""
    from partywall.suite.isolation import Isolation

    run = run_of(request.config)
    run.begin()
    yield Isolation(isolation_target, run.config, request.node.nodeid, run.emit, run.rule)
    run.write_evidence(isolation_target)


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
    """Properties are held, violated or inconclusive."""
    outcome = str(dict(getattr(report, "user_properties", ())).get("partywall", ""))
    if outcome not in _MEANINGS or report.when != "call":
        return None
    return (*_MEANINGS[outcome], outcome.upper())


def run_of(config: pytest.Config) -> Run:
    """The run that a pytest configuration belongs to, begun if need be."""
    run: Run | None = config.pluginmanager.get_plugin(_RUN)
    if run is None:
        from partywall.suite.run import Run

        run = Run(config)
        config.pluginmanager.register(run, _RUN)
    return run
