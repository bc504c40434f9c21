"""Applications by their place."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from partywall.errors import UsageError
from partywall.explore import Lockstep, Subject, Sweep, explore, loaded
from partywall.model import Outcome
from partywall.policy import Policy
from tests.partywall.explore.small import BOTH

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = """
import asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.partywall.explore.races.race import NAMES
from {package}.state import seen

async def x(request):
    seen.append(request.headers["authorization"])
    count = len(seen)
    await asyncio.sleep(0.001)
    return JSONResponse([NAMES[seen[-1]] if {leaks} else NAMES[seen[count - 1]], count])

def make():
    return Starlette(routes=[Route("/x", x)])

app = make()
"""


@pytest.mark.parametrize("leaks", [True, False])
def test_state_of_its_modules_is_fresh_for_each_schedule(
    leaks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application whose state is global in its package begins each schedule anew: found where it leaks, brought
    back, and held where it does not."""
    name = f"explored_{'leaky' if leaks else 'tight'}"
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "state.py").write_text("seen = []\n")
    (package / "main.py").write_text(SERVICE.format(package=name, leaks=leaks))
    monkeypatch.syspath_prepend(tmp_path)
    subject = Subject(loaded(f"{name}.main:app"), Policy(("x",)))
    result = explore(subject, BOTH, stages=(Sweep(),))
    assert result.verdict.outcome is (Outcome.VIOLATED if leaks else Outcome.HELD), result.verdict
    assert len(result.witnesses) == leaks


def test_factories_are_called_for_each() -> None:
    """A factory is what it is."""
    assert loaded("collections:OrderedDict", factory=True)() == {}


@pytest.mark.parametrize("place", ["", "json", ":app", "json:nothing", "no_such_module:app", "json:__name__"])
def test_what_is_no_application_is_refused(place: str) -> None:
    """A place without an application is a usage error that names it."""
    with pytest.raises(UsageError, match="expected"):
        loaded(place, factory=True)


def test_factories_are_told_from_applications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be called with nothing makes applications; what takes scope, receive and send is one."""
    source = "made = []\n\ndef make(settings=None):\n    made.append(1)\n    return app\n\n"
    (tmp_path / "either_way.py").write_text(source + "async def app(scope, receive, send):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    make = loaded("either_way:make")
    assert make() is make()
    one, other = loaded("either_way:app")(), loaded("either_way:app")()
    assert one is not other
    assert one.__name__ == "app"


def test_modules_are_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an exploration others have the modules that they had before."""
    (tmp_path / "put_back.py").write_text(SERVICE.replace("from {package}.state import seen", "seen = []"))
    source = (tmp_path / "put_back.py").read_text().format(leaks=False)
    (tmp_path / "put_back.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    before = importlib.import_module("put_back")
    result = explore(Subject(loaded("put_back:app"), Policy(("x",))), BOTH, stages=(Lockstep(),))
    assert result.verdict.outcome is Outcome.HELD, result.verdict
    assert importlib.import_module("put_back") is before
    assert before.seen == []


def test_module_that_can_be_imported_once_only_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that fails the second time is a usage error with its reason."""
    source = "import sys\nassert not hasattr(sys, 'twice'), 'registered twice'\nsys.twice = True\n"
    (tmp_path / "only_once.py").write_text(source + "async def app(scope, receive, send):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "twice", True, raising=False)
    monkeypatch.delattr(sys, "twice")
    subject = Subject(loaded("only_once:app"), Policy(("x",)))
    with pytest.raises(UsageError, match="registered twice"):
        explore(subject, BOTH, stages=(Lockstep(),))
