"""What a run may do to a service: what it sends, to whom, and what it leaves there."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from partywall.config import Config
from partywall.errors import Inconclusive, UsageError
from partywall.reporting.terminal import summary
from partywall.suite.check import check_described_api
from partywall.suite.generic import guard
from partywall.suite.generic.api import opened
from partywall.suite.generic.settings import Settings, load
from tests.partywall.generic.test_settings import Served
from tests.partywall.generic_service import USERS
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from pathlib import Path

OK = {"security": [{"bearer": []}], "responses": {"200": {"description": "ok"}}}
TENANTS = tuple({"name": n, "credentials": [{"kind": "bearer", "token": f"token-of-{n}"}]} for n in ("ada", "noor"))
BOXES = "".join(
    f'[[tenant]]\nname = "{name}"\ncredentials = [{{kind = "basic", username = "{name}", password = "{password}"}}]\n'
    for name, password in USERS.items()
)
SIGN_UP = {
    "operation": "POST /signup",
    "body": {"user": "{user}"},
    "credentials": [{"kind": "bearer", "token": "token-of-{user}"}],
}


class Described(Toy):
    """Answers 200 to everything, and its description at /api.json. ``seen``: what else was asked for."""

    def __init__(self, paths: dict[str, Any]) -> None:
        super().__init__(_Handler)
        scheme = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
        self.document = {"openapi": "3.0.3", "info": {"title": "t"}, "paths": paths, "components": scheme}
        self.seen: list[str] = []


class _Handler(Handler):
    server: Described

    def respond(self) -> None:
        self.sent()
        if self.path != "/api.json":
            self.server.seen.append(f"{self.command} {self.path}")
        self.say(200, json.dumps(self.server.document if self.path == "/api.json" else {}))


def settings(folder: Path, service: Toy, **told: Any) -> Settings:
    return Settings(folder, **({"openapi": f"{service.url}/api.json", "tenant": TENANTS} | told))


def test_credentials_are_tried_on_planned_reads_alone(tmp_path: Path) -> None:
    """Before anything runs, no GET is sent with credentials that the plan leaves out, or a person excluded."""
    paths = {path: {"get": OK} for path in ("/logout", "/mail", "/internal/x", "/things")}
    with up(Described(paths)) as service:
        operations = {"GET /mail": {"exclude": "it would send real mail"}}
        with opened(settings(tmp_path, service, operations=operations, exclude_paths=("^/internal",)), print):
            pass
        assert service.seen == ["GET /things"] * 2


def test_a_path_names_no_host(tmp_path: Path) -> None:
    """A described path that would continue the host's name is not understood, and nothing is sent to it."""
    with up(Described({"@192.0.2.2:9/steal": {"get": OK}, "/things": {"get": OK}})) as service:
        with opened(settings(tmp_path, service), print) as api:
            assert [op.path for op in api.description.operations] == ["/things"]
            assert api.description.broken == (("GET @192.0.2.2:9/steal", "expected a path that begins with '/'"),)
        assert service.seen == ["GET /things"] * 2


def test_read_only_signs_nobody_up(tmp_path: Path) -> None:
    """A sign-up is a write: on a read-only target the tenants have to be listed."""
    with up(Described({"/signup": {"post": OK}, "/things": {"get": OK}})) as service:
        told = settings(tmp_path, service, tenant=(), sign_up=SIGN_UP, read_only=True)
        with pytest.raises(UsageError, match="sign-up makes tenants, and the target is read-only"), opened(told, print):
            pass
        assert service.seen == []


@pytest.mark.parametrize("requests", [7, 8, 9, 12, 20])
def test_spent_during_the_scout(tmp_path: Path, requests: int) -> None:
    """Where the budget is spent before the scout has tried any deletion, what it had made is removed all the same, as
    the plan says; also what was made before it was known how the answer says the id."""
    (tmp_path / "tenants.toml").write_text(BOXES)
    with Served() as served:
        told = {"openapi": served.url, "tenants": "tenants.toml", "requests": requests}
        with opened(load(tmp_path, told), print) as api:
            with pytest.raises(Inconclusive, match=f"the budget of {requests} requests is spent"):
                api.scout(Config(1, tmp_path))
            assert ("POST", "/boxes") in served.calls
            assert served.app.state.boxes == {}
        assert api.left == {}


class Shelf(Described):
    """Keeps what is POSTed to /things. ``removal``: the status that its DELETE answers, 0 for none described."""

    def __init__(self, removal: int) -> None:
        thing = {"type": "object", "properties": {"id": {"type": "string"}, "title": {"type": "string"}}}
        body = {"required": True, "content": {"application/json": {"schema": thing}}}
        shown = {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": thing}}}}}
        named = [{"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}]
        member = {"get": shown | {"parameters": named}} | ({"delete": OK | {"parameters": named}} if removal else {})
        super().__init__({"/things": {"post": shown | {"requestBody": body}}, "/things/{thing_id}": member})
        self.RequestHandlerClass = _Shelf
        self.removal = removal
        self.things: dict[str, Any] = {}


class _Shelf(_Handler):
    server: Shelf

    def respond(self) -> None:
        things, id_ = self.server.things, self.path.rpartition("/")[2]
        if self.command == "POST":
            things[str(len(things))] = thing = json.loads(self.sent()) | {"id": str(len(things))}
            self.say(200, json.dumps(thing))
        elif self.command == "DELETE":
            self.say(self.server.removal, "{}")
        elif self.path == "/api.json":
            super().respond()
        else:
            self.say(200 if id_ in things else 404, json.dumps(things.get(id_, {})))


@pytest.mark.parametrize("removal", [0, 403, 500])
def test_what_is_left_is_told(tmp_path: Path, removal: int) -> None:
    """What could not be removed is counted at the terminal and in the report: refused, or with nothing to remove it."""
    with up(Shelf(removal)) as service:
        assessment = check_described_api(
            folder=tmp_path / "report", project=tmp_path, seed=1, openapi=f"{service.url}/api.json", tenant=[*TENANTS]
        )
        made = len(service.things)
    assert made
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["left_behind"] == [{"kind": "thing", "count": made}]
    assert f"left behind: {made} thing" in list(summary(assessment, None))


def test_nobody_is_alone_among_what_is_left(tmp_path: Path) -> None:
    """Where the service refuses a removal, twins can't be compared: what is left may show."""
    with up(Shelf(403)) as service, opened(settings(tmp_path, service), print) as api:
        api.scout(Config(1, tmp_path))
        with api.alone():
            pass
        api._made.append((api.listed[0], "thing", {"thing": "0"}))
        with pytest.raises(Inconclusive, match="the service did not remove all"), api.alone():
            pass


def test_removal_keeps_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is removed is removed no faster than the rate allows."""
    slept: list[float] = []
    with up(Shelf(200)) as service, opened(settings(tmp_path, service), print) as api:
        api.scout(Config(1, tmp_path))
        for number in ("a", "b", "c"):
            api._made.append((api.listed[0], "thing", {"thing": number}))
        api.gateway.budget.rate = 4.0
        monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=float, sleep=slept.append))
        api.clear_up()
    assert slept == [0.25, 0.5]
