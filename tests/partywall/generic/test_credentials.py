"""Tenants' credentials through the gateway: proven, renewed, hidden, refused."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from partywall.drive.trial import Trial
from partywall.errors import Inconclusive, UsageError
from partywall.suite.generic import guard, wfc
from partywall.suite.generic.api import opened
from partywall.suite.generic.credentials import known
from partywall.suite.generic.gateway import PATIENCE_S, Account, Gateway, retry_after
from partywall.suite.generic.guard import Budget, Hosts
from partywall.suite.generic.logins import Entrance
from partywall.suite.generic.served import serving
from partywall.suite.generic.settings import load
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = "tests.partywall.generic_service:app"
ROOT = Path(__file__).parents[3]
ADA = "ada-password-1"


@contextmanager
def through(
    url: str, *credentials: dict[str, Any], requests: int = 100
) -> Iterator[tuple[Gateway, Account, httpx.Client]]:
    """A gateway to a service, one tenant's account, and a client with its made-up credential."""
    tls = httpx.create_ssl_context()
    tenant = known([{"name": "ada", "credentials": list(credentials)}], Path(), "test")[0]
    account = Account(tenant, Entrance(url, Hosts(), tls))
    account.open()
    with Gateway(url, Budget(requests, 60), tls, [account]) as gateway:
        name, value = (account.header, account.placeholder)
        headers = {name: f"session={value}" if name == "Cookie" else f"Bearer {value}"}
        with httpx.Client(base_url=gateway.url, headers=headers, trust_env=False) as client:
            yield gateway, account, client


KINDS: dict[str, dict[str, Any]] = {
    "basic": {"kind": "basic", "username": "ada", "password": ADA},
    "header": {"kind": "api-key", "name": "X-API-Key", "value": f"key-of-ada-{ADA}"},
    "query": {"kind": "api-key", "in": "query", "name": "api_key", "value": f"key-of-ada-{ADA}"},
    "form": {
        "kind": "form",
        "url": "/login",
        "fields": {"username": "ada", "password": ADA},
        "csrf": "csrf_token",
    },
    "password grant": {
        "kind": "oauth2",
        "token-url": "/token",
        "grant": "password",
        "username": "ada",
        "password": ADA,
    },
    "client credentials": {
        "kind": "oauth2",
        "token-url": "/token",
        "grant": "client-credentials",
        "client-id": "ada",
        "client-secret": ADA,
    },
    "log-in": {
        "kind": "log-in",
        "url": "/token",
        "form": {"username": "ada", "password": ADA},
        "token": "/access_token",
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    """Each kind of credential opens the service, and none of its secrets comes to the client."""
    with serving(APP, ROOT) as url, through(url, KINDS[kind]) as (_, account, client):
        assert client.get("/boxes").status_code == 200
        assert client.get("/boxes", headers={account.header: "Bearer other"}).status_code == 401
        assert ADA not in str(client.headers)


def test_wrong_password() -> None:
    """A refused log-in is told with the tenant and the path, without the password."""
    refused = KINDS["form"] | {"fields": {"username": "ada", "password": "wrong-secret"}}
    with serving(APP, ROOT) as url, pytest.raises(UsageError, match=r"tenant ada: .* /login came 403") as told:
        with through(url, refused):
            pass
    assert "wrong-secret" not in str(told.value)


class Service(Toy):
    """Answers as its ``script`` says, request by request, then as its last word."""

    def __init__(self, *script: tuple[int, dict[str, str], bytes]) -> None:
        super().__init__(_Handler)
        self.script = list(script)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()


class _Handler(Handler):
    server: Service

    def respond(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.asked.set()
        self.server.go_on.wait(10)
        script = self.server.script
        status, headers, body = script.pop(0) if len(script) > 1 else script[0]
        if "X-Endless" in headers:
            self.begin(status, *headers.items())
            while True:
                self.wfile.write(b"x" * 65536)
        self.begin(status, *headers.items(), ("Content-Length", str(len(body) + int("X-Cut" in headers))))
        self.wfile.write(body)
        if "X-Cut" in headers:
            self.close_connection = True


BEARER = {"kind": "bearer", "token": "real-secret-token"}


def test_secret_in_answer() -> None:
    """An answer that shows the real credential comes with the made-up one in its place."""
    shown = json.dumps({"you": "real-secret-token"}).encode()
    with up(Service((200, {"X-Echo": "real-secret-token"}, shown))) as service:
        with through(service.url, BEARER) as (_, account, client):
            answer = client.get("/me")
    assert service.seen[0][1]["Authorization"] == "Bearer real-secret-token"
    assert answer.json() == {"you": account.placeholder}
    assert answer.headers["x-echo"] == account.placeholder


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 is waited for as long as it asks, and what comes then is what the client gets."""
    slept: list[float] = []
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=time.monotonic, sleep=slept.append))
    with up(Service((429, {"Retry-After": "7"}, b""), (200, {}, b"[]"))) as service:
        with through(service.url, BEARER) as (gateway, _, client):
            assert client.get("/x").status_code == 200
            assert (gateway.budget.sent, slept) == (2, [7.0])


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("120", 120.0),
        ("soon", 1.0),
        ("", 1.0),
    ],
)
def test_retry_after(told: str, seconds: float) -> None:
    """What a service asks for is seconds, or a date by its own clock."""
    headers = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry-After": told}
    assert retry_after(httpx.Response(429, headers=headers)) == seconds


def test_patience_has_an_end() -> None:
    """More patience than is had is asked in vain: the request is not sent again, and the gateway says why."""
    with (
        up(Service((429, {"Retry-After": "3600"}, b""))) as service,
        through(service.url, BEARER) as (gateway, _, client),
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/x")
        assert gateway.trouble == ["GET /x: the service asks for 3600 seconds of patience, of 60 in all"]
        assert len(service.seen) == 1


def test_nothing_is_sent_for_a_client_that_has_gone() -> None:
    """A request that was put off is not sent again when its client has given up: what it made would be nobody's."""
    with up(Service((429, {"Retry-After": "0"}, b""), (201, {}, b"{}"))) as service:
        service.go_on.clear()
        with through(service.url, BEARER) as (gateway, _, client):
            name, value = next(iter(client.headers.items() - httpx.Client().headers.items()))
            with socket.create_connection(("127.0.0.1", gateway.server_port)) as caller:
                caller.sendall(f"POST /x HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\n\r\n".encode())
                assert service.asked.wait(10)
            service.go_on.set()
            gateway.settle(10)
        assert [path for path, _ in service.seen] == ["/x"]


def test_clients_wait_for_the_gateway(tmp_path: Path) -> None:
    """No client of a trial gives up while the gateway may still be waiting for it."""
    with opened(settings(tmp_path, tenant("ada", ADA) + tenant("noor", "noor-password-2")), print) as api:
        with contextlib.closing(Trial(api.target(), bytes(16), 0, 2)) as trial:
            assert trial._timeout_s > PATIENCE_S


def test_renewal() -> None:
    """A token that has run out is asked for anew, once, and the request is sent again."""
    log_in = {"kind": "log-in", "url": "/token", "token": "/t"}
    first, second = (json.dumps({"t": f"token-number-{n}"}).encode() for n in (1, 2))
    script: list[Any] = [(200, {}, first), (200, {}, b"[]"), (401, {}, b""), (200, {}, second), (200, {}, b"[1]")]
    with up(Service(*script)) as service, through(service.url, log_in) as (_, _, client):
        assert client.get("/x").json() == []
        assert client.get("/x").json() == [1]
    assert service.seen[-1][1]["Authorization"] == "Bearer token-number-2"


FORM = {"kind": "form", "url": "/login", "fields": {"user": "ada"}}


def _session(number: int) -> list[tuple[int, dict[str, str], bytes]]:
    """The form, and what its log-in answers."""
    return [(200, {}, b"<form method=post></form>"), (200, {"Set-Cookie": f"sid=session-{number}; Path=/"}, b"")]


@pytest.mark.parametrize("location", ["/login?next=/x", "login", "http://127.0.0.1:9/login/"])
def test_a_session_that_ends_by_a_redirect(location: str) -> None:
    """Where the service sends the client to the log-in, the session is over: it is renewed, once, and the cookie that a
    stranger is given on the way is not its own."""
    over = (302, {"Location": location, "Set-Cookie": "sid=strangers; Path=/"}, b"")
    script = [*_session(1), (200, {}, b"[]"), over, *_session(2), (200, {}, b"[1]")]
    with up(Service(*script)) as service, through(service.url, FORM) as (_, _, client):
        assert client.get("/x").json() == []
        assert client.get("/x").json() == [1]
    assert service.seen[-1][1]["Cookie"] == "sid=session-2"


def test_sessions_that_are_not_over() -> None:
    """Other redirects, refusals, and a way to the log-in that a new session is shown again are answers like any other;
    and a session that was never accepted is not renewed."""
    away = (302, {"Location": "/login"}, b"")
    others: list[Any] = [(302, {"Location": "/y"}, b""), (403, {}, b"")]
    script = [*_session(1), away, *others, away, *_session(2), away]
    with up(Service(*script)) as service, through(service.url, FORM) as (_, _, client):
        assert [client.get("/x").status_code for _ in range(4)] == [302, 302, 403, 302]
    assert [path for path, _ in service.seen].count("/login") == 4


def test_a_log_in_that_opens_nothing(tmp_path: Path) -> None:
    """Credentials whose session is sent to the log-in from the start are refused before anything runs."""
    tenants = [{"name": name, "credentials": [FORM | {"fields": {"user": name}}]} for name in ("ada", "noor")]
    document = {
        "swagger": "2.0",
        "paths": {"/things": {"get": {"security": [{"key": []}], "responses": {"200": {"description": "ok"}}}}},
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X"}},
    }
    script = [(200, {}, json.dumps(document).encode()), *_session(1), *_session(2), (302, {"Location": "/login"}, b"")]
    with up(Service(*script)) as service:
        told = load(tmp_path, {"openapi": f"{service.url}/api.json", "tenant": tenants})
        with pytest.raises(UsageError, match=r"tenant ada: its credentials are refused, or expired: .* came 302"):
            with opened(told, print):
                pass


def test_budget() -> None:
    """When the requests are spent, no further one reaches the service, and the gateway says so."""
    with up(Service((200, {}, b"[]"))) as service, through(service.url, BEARER, requests=1) as (gateway, _, client):
        assert client.get("/x").status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/x")
        assert gateway.budget.spent == "the budget of 1 requests is spent"
        assert len(service.seen) == 1


def test_endless() -> None:
    """A body that does not end is cut off, and the gateway says where."""
    with up(Service((200, {"X-Endless": "1"}, b""))) as service, through(service.url, BEARER) as (gateway, _, client):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/stream?q=1")
        assert gateway.trouble == ["GET /stream: a body of more than 16777216 bytes"]


def test_cut() -> None:
    """A body that breaks off reaches nobody as if it were whole."""
    with up(Service((200, {"X-Cut": "1"}, b"[1"))) as service, through(service.url, BEARER) as (_, _, client):
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/x")


def test_redirect_stays_evidence() -> None:
    """A redirect is handed on, not followed; where it leads within the service, it leads through the gateway."""
    with up(Service((302, {}, b""))) as service:
        service.script = [(302, {"Location": f"{service.url}/y"}, b"")]
        with through(service.url, BEARER) as (gateway, _, client):
            answer = client.get("/x")
            assert (answer.status_code, answer.headers["location"]) == (302, f"{gateway.url}/y")
        assert [path for path, _ in service.seen] == ["/x"]


def test_web_fuzzing_commons(tmp_path: Path) -> None:
    """An authentication file of Web Fuzzing Commons is read as it is: template, old and new form of tokens."""
    path = tmp_path / "auth.yaml"
    path.write_text(
        """
authTemplate:
  loginEndpointAuth: {verb: POST}
auth:
  - name: foo
    loginEndpointAuth:
      endpoint: /login
      expectCookies: true
      payloadUserPwd: {username: foo, password: "123", usernameField: user, passwordField: pass}
  - name: baz
    loginEndpointAuth:
      endpoint: /old
      payloadRaw: "{}"
      token: {extractFromField: /a/b, httpHeaderName: Authorization, headerPrefix: "JWT "}
"""
    )
    static = tmp_path / "static.toml"
    static.write_text('[[auth]]\nname = "bar"\nfixedHeaders = [{name = "X-Key", value = "bar-key"}]\n')
    found = wfc.read(path)
    assert found is not None
    assert found[0]["credentials"][0] == {
        "kind": "log-in",
        "url": "/login",
        "method": "POST",
        "headers": {},
        "json": {"user": "foo", "pass": "123"},
        "cookies": True,
    }
    assert found[1]["credentials"][0]["token"] == "/a/b"
    assert found[1]["credentials"][0]["template"] == "JWT {token}"
    bar = {"name": "bar", "credentials": [{"kind": "headers", "headers": {"X-Key": "bar-key"}}]}
    assert wfc.read(static) == [bar]


def test_web_fuzzing_commons_that_cannot_be(tmp_path: Path) -> None:
    """Where such a file breaks its schema is said, and not what stands there."""
    path = tmp_path / "auth.yaml"
    path.write_text("auth: [{name: foo, fixedHeaders: wrong-secret}]")
    with pytest.raises(UsageError, match="Commons: /auth/0/fixedHeaders breaks the rule 'type'") as told:
        wfc.read(path)
    assert "wrong-secret" not in str(told.value)


def settings(folder: Path, tenants: str, **told: Any) -> Any:
    (folder / "tenants.toml").write_text(tenants)
    return load(folder, {"openapi": "/openapi.json", "app": APP, "tenants": "tenants.toml"} | told)


def tenant(name: str, password: str, user: str = "") -> str:
    basic = f'{{kind = "basic", username = "{user or name}", password = "{password}"}}'
    return f'[[tenant]]\nname = "{name}"\ncredentials = [{basic}]\n'


@pytest.mark.parametrize(
    ("tenants", "told"),
    [
        (tenant("ada", ADA), "two tenants or more"),
        (tenant("ada", ADA) + tenant("noor", ADA, "ada"), "ada and noor have the same credentials"),
        (tenant("ada", ADA) + tenant("noor", "wrong-secret"), "tenant noor: its credentials are refused, or expired"),
        ('[[tenant]]\nname = "x"\ncredentials = [{kind = "magic"}]', "expected a kind out of api-key"),
        ('[tenant]\nname = "x"\ntoken = "wrong-secret"', r"expected a list of tables \(write \[\[tenant\]\]\)"),
        (
            '[[tenant]]\nname = "x"\ncredentials = [{kind = "bearer", token = {env = "PW_NOT_SET"}}]',
            "PW_NOT_SET is not set",
        ),
    ],
)
def test_told_before_anything_runs(tmp_path: Path, tenants: str, told: str) -> None:
    """Credentials that prove nothing are told in one sentence, without a secret, before anything is tried."""
    with pytest.raises(UsageError, match=told) as error, opened(settings(tmp_path, tenants), lambda _line: None):
        pass
    assert "wrong-secret" not in str(error.value)


@pytest.mark.parametrize(
    ("openapi", "told", "error"),
    [
        ("http://service.example/openapi.json", "service.example is not loopback, and was not allowed", UsageError),
        ("ftp://127.0.0.1/x", "expected the file", UsageError),
        ("missing.json", "expected the file", UsageError),
        ("http://127.0.0.1:9/openapi.json", "no description came", Inconclusive),
    ],
)
def test_description_out_of_reach(tmp_path: Path, openapi: str, told: str, error: type[Exception]) -> None:
    """A description that can't be had, or may not, is told in one sentence."""
    with pytest.raises(error, match=told):
        with opened(load(tmp_path, {"openapi": openapi, "base-url": "http://127.0.0.1:9"}), lambda _line: None):
            pass


def test_description_redirects(tmp_path: Path) -> None:
    """A description that redirects to a host that was not allowed is not followed there; nor in circles."""
    with up(Service((302, {"Location": "http://service.example/x"}, b""))) as service:
        with pytest.raises(UsageError, match=r"service\.example is not loopback"):
            with opened(load(tmp_path, {"openapi": f"{service.url}/o.json"}), lambda _line: None):
                pass
        service.script = [(302, {"Location": "/again"}, b"")]
        with pytest.raises(Inconclusive, match="redirects more than 5 times"):
            with opened(load(tmp_path, {"openapi": f"{service.url}/o.json"}), lambda _line: None):
                pass
    assert threading.active_count() < 50
