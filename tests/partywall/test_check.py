"""Isolation tests without pytest: a plain function."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from partywall.errors import UsageError
from partywall.grid import Rule
from partywall.model import Outcome
from partywall.suite.check import check_isolation
from tests.partywall import leaky
from tests.partywall.generic.test_generic_run import APP
from tests.partywall.generic_service import TENANTS, USERS
from tests.partywall.leaky import running

if TYPE_CHECKING:
    from partywall.suite.isolation import Isolation

ROOT = Path(__file__).parents[2]


def reads(isolation: Isolation) -> None:
    """Another's order is not shown."""
    with isolation.trial() as trial:
        a, b = trial.tenants
        made = [
            json.loads(trial.send(each, leaky.create(f"for {trial.mark(each)}")).body)["made"][0]["id"]
            for each in (a, b)
        ]
        trial.send(b, leaky.get(*made))


def fails(isolation: Isolation) -> None:
    """This one can't be tried."""
    raise OSError("no such file")


def test_leak(tmp_path: Path) -> None:
    """What is found is in the verdict, with its report and its evidence; what an earlier run left is gone."""
    for leak, outcome in (("by-id", Outcome.VIOLATED), ("", Outcome.INCONCLUSIVE)):
        with running(leak) as service:
            checked = check_isolation(service.target(), reads, folder=tmp_path, seed=5)
        assert checked.outcome is outcome
        assert json.loads((tmp_path / "report.json").read_text())["verdict"] == str(outcome)
        evidence = sorted(path.name for path in tmp_path.glob("findings/*/replay.py"))
        assert evidence == ["replay.py"] * len(checked.found)
    assert not checked.found


def reads_twice(isolation: Isolation) -> None:
    """Another's order is not shown, nor anybody's name."""
    reads(isolation)
    with isolation.trial() as trial:
        for tenant in trial.tenants:
            trial.send(tenant, leaky.me())
        raise OSError("the end was reached")


@pytest.mark.parametrize("tolerated", [(), ("ownership",)])
def test_what_is_tolerated_ends_no_test(tmp_path: Path, tolerated: tuple[str, ...]) -> None:
    """What a rule lets pass hides nothing that comes after it; what it does not ends the test."""
    with running("by-id") as service:
        checked = check_isolation(service.target(), reads_twice, folder=tmp_path, rule=Rule.of(tolerated))
    assert checked.found
    assert ("the end was reached" in checked.tests[0].reason) is bool(tolerated)


def test_nothing_is_held_that_was_not_tried(tmp_path: Path) -> None:
    """A property that fails is inconclusive, and says why; no property is a mistake."""
    with running() as service:
        checked = check_isolation(service.target(), reads, fails, folder=tmp_path)
        with pytest.raises(UsageError, match="no property"):
            check_isolation(service.target(), folder=tmp_path)
    assert checked.exit_status == 3
    assert "fails: OSError: no such file" in checked.reasons


def test_described(tmp_path: Path) -> None:
    """An API that has a description needs no more than the names that its settings have."""
    (tmp_path / "boxes.py").write_text(APP)
    (tmp_path / "tenants.toml").write_text(TENANTS)
    code = (
        "from partywall.suite.check import check_described_api as check\n"
        "print(check(app='boxes:app', openapi='/openapi.json', tenants='tenants.toml').outcome)"
    )
    environment = {**os.environ, "LEAK": "list", "ADA": USERS["ada"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["violated"], done.stderr
