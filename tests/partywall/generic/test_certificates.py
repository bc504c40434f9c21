"""Tenants who prove themselves with client certificates.

Those in ``certificates`` were made once, by an authority that nothing else trusts, and are good until 2126.
"""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from partywall.errors import UsageError
from partywall.suite.generic.api import Api, opened
from partywall.suite.generic.credentials import known
from partywall.suite.generic.settings import Settings
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = Path(__file__).parent / "certificates"
ROUNDS = 3
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "security": [{"mutual": []}],
    "components": {"securitySchemes": {"mutual": {"type": "mutualTLS"}}},
    "paths": {"/who": {"get": {"operationId": "who", "responses": {"200": {"description": "ok"}}}}},
}


class _Service(Toy):
    """Takes those alone who have a certificate of the authority, and answers with the name in it."""

    scheme = "https"

    def __init__(self) -> None:
        super().__init__(_Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FILES / "server.pem")
        context.load_verify_locations(FILES / "authority.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.logged_in: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who has no certificate is not shaken hands with."""


class _Handler(Handler):
    server: _Service

    def respond(self) -> None:
        assert isinstance(self.connection, ssl.SSLSocket)
        subject: Any = (self.connection.getpeercert() or {})["subject"]
        name = str(subject[0][0][1])
        said: dict[str, Any] = {"name": name}
        if self.path == "/token":
            self.sent()
            self.server.logged_in.append(name)
            said = {"access_token": f"token-that-{name}-was-given"}
        elif self.path != "/who":
            said = DOCUMENT
        self.say(200, json.dumps(said))


def tenant(name: str, *more: dict[str, Any], file: str = "") -> dict[str, Any]:
    return {"name": name, "credentials": [{"kind": "mtls", "certificate": str(FILES / f"{file or name}.pem")}, *more]}


@contextmanager
def api(folder: Path, service: _Service, *tenants: dict[str, Any]) -> Iterator[Api]:
    """A run that has begun, on the service."""
    (folder / "api.json").write_text(json.dumps(DOCUMENT))
    authority = str(FILES / "authority.pem")
    settings = Settings(folder, openapi="api.json", base_url=service.url, ca_file=authority, tenant=tenants)
    with opened(settings, lambda _line: None) as found:
        yield found


def asked(found: Api, index: int, client: httpx.Client) -> str:
    """Whom the service takes a tenant for."""
    account = found.listed[index]
    answer = client.get(f"{found.gateway.url}/who", headers={account.header: f"Bearer {account.placeholder}"})
    return str(answer.json()["name"])


def test_each_request_presents_its_tenants_certificate(tmp_path: Path) -> None:
    """Never another's: not one after the other on the same connection, nor at the same time; and nobody has none."""
    names = ("ada", "noor")
    with up(_Service()) as service, api(tmp_path, service, *map(tenant, names)) as found:
        with httpx.Client(trust_env=False) as client:
            seen = [asked(found, index % 2, client) for index in range(2 * ROUNDS)]
            assert seen == list(names) * ROUNDS
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(f"{found.gateway.url}/who")
        wrong: list[tuple[str, str]] = []
        gate = threading.Barrier(2 * len(names))

        def work(index: int) -> None:
            with httpx.Client(trust_env=False) as mine:
                for _ in range(ROUNDS):
                    gate.wait(60)
                    said = asked(found, index, mine)
                    if said != names[index]:
                        wrong.append((names[index], said))

        threads = [threading.Thread(target=work, args=(number % 2,)) for number in range(2 * len(names))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert not any(thread.is_alive() for thread in threads)


def test_a_log_in_presents_the_certificate_too(tmp_path: Path) -> None:
    """Who logs in where certificates are asked for has to show it there, for a token that is its own."""
    token = {"kind": "oauth2", "token-url": "/token", "grant": "client-credentials", "client-id": "x"}
    with up(_Service()) as service, api(tmp_path, service, tenant("ada", token), tenant("noor", token)) as found:
        assert service.logged_in == ["ada", "noor"]
        assert [a.proof.headers["Authorization"].split("-")[2] for a in found.listed] == ["ada", "noor"]


def test_one_certificate_for_two_is_told(tmp_path: Path) -> None:
    """It would make them one."""
    with up(_Service()) as service, pytest.raises(UsageError, match="ada and noor have the same credentials"):
        with api(tmp_path, service, tenant("ada"), tenant("noor", file="ada")):
            pass


@pytest.mark.parametrize("file", ["missing", "authority"])
def test_a_certificate_that_is_none_is_told(file: str) -> None:
    """Before anything runs: one that is not there, and one that comes without its key."""
    with pytest.raises(UsageError, match=rf"tenant ada: mtls: .*{file}\.pem can't be used"):
        known([tenant("ada", file=file)], Path(), "test")
