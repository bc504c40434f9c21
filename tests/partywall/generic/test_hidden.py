"""Secrets in answers: what of them a client of the gateway is shown."""

from __future__ import annotations

import base64
import gzip
import html
import json
import urllib.parse
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
import httpx
import pytest
import zstandard

from partywall.suite.generic.credentials import known
from partywall.suite.generic.gateway import HIDDEN, Account, Gateway
from partywall.suite.generic.guard import Budget, Hosts
from partywall.suite.generic.logins import Entrance
from tests.partywall.generic.test_credentials import BEARER, Service, through
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = 'Pässw0rd "+<x>/1'
BASIC = {"kind": "basic", "username": "ada@example.com", "password": SECRET}
FIELDS = {"username": "ada@example.com", "password": SECRET}
KINDS: dict[str, dict[str, Any]] = {
    "basic": BASIC,
    "form": {"kind": "form", "url": "/login", "fields": FIELDS},
    "oauth2": {"kind": "oauth2", "token-url": "/t", "grant": "password", **FIELDS},
    "client": {"kind": "oauth2", "token-url": "/t", "grant": "client-credentials", "client-secret": SECRET},
    "json": {"kind": "log-in", "url": "/t", "json": {"user": FIELDS}, "token": "/access_token"},
    "raw": {"kind": "log-in", "url": "/t", "raw": json.dumps(FIELDS), "token": "/access_token"},
    "raw form": {"kind": "log-in", "url": "/t", "raw": urllib.parse.urlencode(FIELDS), "token": "/access_token"},
    "word": {"kind": "log-in", "url": "/t", "form": {"kennwort": SECRET}, "token": "/access_token"},
}
WRITTEN = {
    "plain": SECRET,
    "percent": urllib.parse.quote(SECRET, safe=""),
    "form": urllib.parse.urlencode({"p": SECRET}),
    "lower": urllib.parse.quote(SECRET, safe="").lower().replace("p%c3%a4ssw0rd", "P%c3%a4ssw0rd"),
    "json": json.dumps({"p": SECRET}),
    "json, as it is": json.dumps({"p": SECRET}, ensure_ascii=False),
    "html": html.escape(SECRET),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 of more": base64.b64encode(f"a:{SECRET}:b".encode()).decode(),
    "base64 of still more": base64.urlsafe_b64encode(f":{SECRET}:b".encode()).decode(),
}


class Shows(Toy):
    """Logs everybody in, and shows a text at /me."""

    def __init__(self, text: str) -> None:
        super().__init__(_Shows)
        self.text = text


class _Shows(Handler):
    server: Shows

    def respond(self) -> None:
        self.sent()
        token = '{"access_token": "tok-of-ada-4711"}'
        text = self.server.text if self.path == "/me" else token
        self.say(200, text, ("Set-Cookie", f"sid=set-by-{self.command}"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_behind_is_hidden(kind: str) -> None:
    """The password behind what is sent is hidden as well, and a user's name is not."""
    with up(Shows(f"ada@example.com {SECRET}")) as service, through(service.url, KINDS[kind]) as (_, account, client):
        stands_for = HIDDEN if kind == "word" else account.placeholder
        assert client.get("/me").text == f"ada@example.com {stands_for}"


@pytest.mark.parametrize("way", WRITTEN)
def test_however_it_is_written(way: str) -> None:
    """A secret is hidden in every way in which texts show one, also within base64 of more."""
    with up(Shows(WRITTEN[way])) as service, through(service.url, BASIC) as (_, account, client):
        shown = client.get("/me").text
    assert account.placeholder in shown
    text = html.unescape(urllib.parse.unquote_plus(shown.replace("\\u00e4", "ä")))
    assert not any(part in text for part in ("ssw0rd", "c3N3MHJk", "NzdzByZ", "zc3cwcm")), shown


@pytest.mark.parametrize("password", ["password", "letmein!", "ada-and-noor-1"])
def test_what_accuses_nobody(password: str) -> None:
    """An everyday word, and a password that two tenants have, are hidden, and are nobody's: an answer that holds them
    shows no other tenant's credential."""
    told = [
        {"name": name, "credentials": [{"kind": "basic", "username": name, "password": password}]}
        for name in ("ada", "noor")
    ]
    tls = httpx.create_ssl_context()
    with up(Shows(f'{{"grant_type": "{password}"}}')) as service:
        accounts = [Account(each, Entrance(service.url, Hosts(), tls)) for each in known(told, Path(), "test")]
        with Gateway(service.url, Budget(9, 60), tls, accounts) as gateway:
            assert httpx.get(f"{gateway.url}/me", trust_env=False).json() == {"grant_type": HIDDEN}


def test_headers_that_are_no_secret() -> None:
    """What every client says in its headers may be shown: hidden, it would leave answers without their type."""
    headers = {"Accept": "application/json", "X-Key": "key-of-ada-1"}
    with up(Service((200, {"Content-Type": "application/json"}, b'"key-of-ada-1"'))) as service:
        with through(service.url, {"kind": "headers", "headers": headers}) as (_, account, client):
            answer = client.get("/x")
    assert (answer.headers["content-type"], answer.json()) == ("application/json", account.placeholder)


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "utf-8": bytes,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_compressed(coding: str) -> None:
    """A service that compresses whatever is asked for shows no credential either."""
    body = CODINGS[coding](b"you are real-secret-token")
    with up(Service((200, {"Content-Encoding": coding}, body))) as service:
        with through(service.url, BEARER) as (_, account, client):
            with client.stream("GET", "/me") as answer:
                raw = b"".join(answer.iter_raw())
    assert raw.decode() == f"you are {account.placeholder}"
    assert answer.headers.get("content-encoding") == ("utf-8" if coding == "utf-8" else None)


def test_not_compressed_as_it_says() -> None:
    """What can't be looked through is handed to nobody, and the gateway says why."""
    damaged = gzip.compress(b"you are real-secret-token")[:-9]
    with up(Service((200, {"Content-Encoding": "gzip"}, damaged))) as service:
        with through(service.url, BEARER) as (gateway, _, client):
            with pytest.raises(httpx.RemoteProtocolError):
                client.get("/me")
    assert gateway.trouble == ["GET /me: a body that is not 'gzip', as it says, or of more than 16777216 bytes"]
