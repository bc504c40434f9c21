"""Scenes: what an exploration from a description is made of, and how its tenants log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywall import policy
from partywall.errors import UsageError
from partywall.explore import Schedule
from partywall.explore.run import Runner
from partywall.explore.strategies.planned import Planned
from partywall.model import Request
from partywall.policy import Policy, Resource, Shared
from partywall.suite.generic.exploring import source
from partywall.suite.generic.scene import Scene
from tests.partywall.generic_service import TENANTS, USERS

if TYPE_CHECKING:
    from pathlib import Path

APP = "from tests.partywall.generic_service import application"
LIST = Request("boxes", "GET", "/boxes")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The boxes, whose tenants have to log in: sessions and tokens are in memory, and drawn by chance."""
    (tmp_path / "explored_boxes.py").write_text(APP)
    (tmp_path / "tenants.toml").write_text(TENANTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADA", USERS["ada"])
    settings = {"app": "explored_boxes:application", "openapi": "/openapi.json", "tenants": "tenants.toml"}
    return Scene(settings, 1, ("noor", "eve"), Policy(("boxes",), (Shared("boxes", "empty here"),)))


def test_tenants_log_in_within_each_instance(scene: Scene) -> None:
    """Who logs in to a session in memory is known to each fresh instance; log-ins are in no history."""
    programme = scene.programme().asking({"noor": (LIST,), "eve": (LIST,)})
    with Runner(scene.subject()) as runner:
        runs = [runner.run(programme, Planned(), Schedule(programme.names, seed=seed)) for seed in (0, 7)]
    for run in runs:
        assert [(each.number, each.status) for each in run.history.exchanges] == [(0, 200), (1, 200)]
    shown = repr([scene, programme, runs])
    assert "password-" not in shown
    for client in programme.clients:
        for _, value in client.credential:
            assert value.rpartition("=")[2].rpartition(" ")[2] not in shown


def test_refused_log_in_is_a_usage_error(scene: Scene, tmp_path: Path) -> None:
    """A wrong secret is told, and not shown."""
    (tmp_path / "tenants.toml").write_text(TENANTS.replace(USERS["eve"], "a-wrong-secret"))
    with pytest.raises(UsageError, match="tenant eve: its credentials are refused") as refused:
        scene.programme()
    assert "wrong-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("tenants", "words"),
    [
        (TENANTS.replace('"eve"', '"zoe"', 1), "expected a tenant called eve in the settings; came ada, noor, zoe"),
        (
            '[[tenant]]\nname = "noor"\ncredentials = {kind = "api-key", in = "query", name = "key", value = "k"}\n'
            '[[tenant]]\nname = "eve"\ncredentials = {kind = "basic", username = "eve", password = "p"}\n',
            "tenant noor: expected credentials in headers or cookies; came one in the query",
        ),
    ],
)
def test_tenants_that_can_not_take_part_are_refused(tenants: str, words: str, scene: Scene, tmp_path: Path) -> None:
    """A tenant that is not there, or proves itself in a way that is not carried, is a usage error."""
    (tmp_path / "tenants.toml").write_text(tenants)
    with pytest.raises(UsageError, match=words):
        scene.programme()


def test_sign_up_is_refused(scene: Scene, tmp_path: Path) -> None:
    """Tenants that sign up are known to one instance only."""
    (tmp_path / "partywall.toml").write_text('[sign-up]\noperation = "POST /signup"\n')
    with pytest.raises(UsageError, match="nobody has signed up"):
        scene.programme()


def test_scenes_are_written_out() -> None:
    """What is written evaluates to the same, and names what it has to import."""
    resource = Resource("box", {"make": "/id"}, {}, {"show": "/id"}, unique=False)
    request = Request("make", "POST", "/boxes", (("a", "b"),), body=b'{"text": "' + b"x" * 120 + b'"}')
    scene = Scene(
        {"app": "boxes:app", "allow-hosts": ("example.test",)},
        7,
        ("ada", "noor"),
        Policy(("make", "show"), resources=(resource,)),
        before={"ada": (request, LIST), "noor": ()},
        lines=False,
    )
    used: dict[str, set[str]] = {}
    text = source(scene, used)
    assert used == {
        "partywall.suite.generic.scene": {"Scene"},
        "partywall.policy": {"Policy", "Resource"},
        "partywall.model": {"Request"},
    }
    names: dict[str, Any] = {"Scene": Scene, "Request": Request, **vars(policy)}
    assert eval(text, names) == scene
