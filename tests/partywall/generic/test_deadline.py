"""Services that go on for ever without coming to the end of an answer: nothing waits for them beyond its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from partywall.errors import Inconclusive
from partywall.model import Tenant
from partywall.suite.generic import fetch, gateway, hooks, logins
from partywall.suite.generic.api import opened
from partywall.suite.generic.settings import load
from tests.partywall.generic.test_credentials import BEARER, through
from tests.partywall.generic.test_safety import OK, SIGN_UP, Described, _Handler, settings
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from pathlib import Path


SECONDS = 0.2
INTERIM = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100


def go_on(handler: Handler) -> None:
    """Say that the answer is about to come, for as long as anybody listens."""
    while True:
        try:
            handler.wfile.write(INTERIM)
            handler.wfile.flush()
        except OSError:
            handler.close_connection = True
            return


class _Endless(Handler):
    def respond(self) -> None:
        go_on(self)


class _SignsUpWithoutEnd(_Handler):
    def respond(self) -> None:
        if self.path == "/api.json":
            super().respond()
        else:
            go_on(self)


def test_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the gateway sends on is cut off there."""
    monkeypatch.setattr(gateway, "ANSWER_S", SECONDS)
    with up(Toy(_Endless)) as service, through(service.url, BEARER) as (_, _, client):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/x")


class _Drips(Handler):
    def respond(self) -> None:
        self.begin(200, ("Content-Length", "1000000000"))
        self.wfile.flush()
        try:
            while self.path == "/drips":
                self.wfile.write(b"x")
                self.wfile.flush()
        except OSError:
            return
        self.rfile.read(1)  # quiet, until the client has gone


@pytest.mark.parametrize(
    ("path", "bound", "trouble"),
    [("/drips", "ANSWER_S", ["GET /drips: a body that does not end in time"]), ("/quiet", "QUIET_S", [])],
)
def test_a_body(monkeypatch: pytest.MonkeyPatch, path: str, bound: str, trouble: list[str]) -> None:
    """One that drips is cut off, and the gateway says where; one that stays away is an answer that did not come."""
    monkeypatch.setattr(gateway, bound, SECONDS)
    with up(Toy(_Drips)) as service, through(service.url, BEARER) as (through_it, _, client):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(path)
        assert through_it.trouble == trouble


def test_a_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log-in is not answered."""
    monkeypatch.setattr(logins, "SECONDS", SECONDS)
    told = {"kind": "log-in", "url": "/t", "token": "/t"}
    with up(Toy(_Endless)) as service, pytest.raises(Inconclusive, match="was not answered: ReadTimeout"):
        with through(service.url, told):
            pass


def test_a_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No description comes."""
    monkeypatch.setattr(fetch, "SECONDS", SECONDS)
    with up(Toy(_Endless)) as service, pytest.raises(Inconclusive, match="no description came: ReadTimeout"):
        with opened(load(tmp_path, {"openapi": f"{service.url}/o.json"}), print):
            pass


def test_a_sign_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could sign up."""
    monkeypatch.setattr(hooks, "SECONDS", SECONDS)
    with up(Described({"/signup": {"post": OK}, "/things": {"get": OK}})) as service:
        service.RequestHandlerClass = _SignsUpWithoutEnd
        with opened(settings(tmp_path, service, tenant=(), sign_up=SIGN_UP), print) as api:
            with pytest.raises(Inconclusive, match="could not sign up: ReadTimeout"):
                api.admit(Tenant(1, "A", "Ada"))
