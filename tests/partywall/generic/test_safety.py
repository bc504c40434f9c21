"""What a run may do to a service: what it sends, to whom, and what it leaves there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from partywall.errors import UsageError
from partywall.suite.generic.api import opened
from partywall.suite.generic.settings import Settings
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from pathlib import Path

OK = {"security": [{"bearer": []}], "responses": {"200": {"description": "ok"}}}
TENANTS = tuple({"name": n, "credentials": [{"kind": "bearer", "token": f"token-of-{n}"}]} for n in ("ada", "noor"))
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
