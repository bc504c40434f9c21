"""A small multi-tenant service whose tenants log in and out with cookies, and whose operator issues keys."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from partywall.model import Request, Tenant
from partywall.policy import LogIn, Policy, Resource
from partywall.target import Credential, Operator, Target
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

OPERATOR_KEY = "the-operator-s-own-key"

POLICY = Policy(
    operations=("create", "show"),
    resources=(Resource("note", {"create": "/id"}, {}, {}),),
    log_ins=(LogIn("log-in", cookie="sid"), LogIn("issue", token="/key", id="/id")),
    log_outs=("log-out",),
    revocations=("revoke",),
)


class Logins(Toy):
    """Notes behind sessions. ``leak`` is "" or:

    - "foreign": everyone is given the first session that there was.
    - "kept": a log-in keeps the session that the client came with.
    - "survives": a log-out ends nothing.
    - "revoked": a revocation ends nothing.
    """

    def __init__(self, leak: str) -> None:
        super().__init__(_Handler)
        self.leak = leak
        self.lock = threading.Lock()
        self.ids = itertools.count(7_000)
        self.sessions: dict[str, str] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.notes: dict[str, str] = {}
        self.issued: list[str] = []

    @property
    def target(self) -> Target:
        """The service as partywall sees it."""

        def admit(tenant: Tenant) -> Credential:
            return Credential((), account=f"user-{tenant.label}-{tenant.number:06d}")

        operator = Operator(f"{self.url}/operator", (("X-Operator", OPERATOR_KEY),))
        return Target(self.url, POLICY, admit, operator=operator)


class _Handler(Handler):
    always = (("Cache-Control", "private, no-store"),)
    server: Logins

    def respond(self) -> None:
        sent = json.loads(self.sent() or b"null")
        with self.server.lock:
            status, body, cookie = self.answer(sent)
        cookies = [f"sid={cookie}"] * bool(cookie) + ["remember=undeclared-secret-1234"]
        headers = [("Set-Cookie", f"{each}; HttpOnly; Path=/") for each in cookies]
        self.say(status, json.dumps(body), *headers)

    def answer(self, sent: Any) -> tuple[int, Any, str]:
        served = self.server
        cookie = dict(pair.strip().partition("=")[::2] for pair in self.headers.get("Cookie", "").split(";")).get("sid")
        if self.path.startswith("/operator/"):
            return self.operate()
        if self.path == "/login":
            fresh = secrets.token_hex(12)
            if served.leak == "foreign" and served.issued:
                fresh = served.issued[0]
            if served.leak == "kept" and cookie:
                fresh = cookie
            served.sessions.setdefault(fresh, sent["user"])
            served.issued.append(fresh)
            return 200, {}, fresh
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        who = served.keys[key][1] if key in served.keys else served.sessions.get(cookie or "")
        if who is None:
            return 401, {"message": "who?"}, ""
        if self.path == "/logout":
            if served.leak != "survives":
                served.sessions.pop(cookie or "", None)
            return 200, {}, ""
        if self.command == "POST":
            served.notes[who] = sent["text"]
            return 200, {"id": next(served.ids), "text": sent["text"]}, ""
        return 200, {"text": served.notes.get(who)}, ""

    def operate(self) -> tuple[int, Any, str]:
        served = self.server
        assert self.headers["X-Operator"] == OPERATOR_KEY
        user, _, name = self.path.removeprefix("/operator/").partition("/keys")
        if self.command == "POST":
            key, id_ = secrets.token_hex(16), secrets.token_hex(6)
            served.keys[key] = (id_, user)
            served.issued.append(key)
            return 200, {"id": id_, "key": key}, ""
        if served.leak != "revoked":
            served.keys = {key: held for key, held in served.keys.items() if held[0] != name.strip("/")}
        return 200, {}, ""


def serving(leak: str = "") -> AbstractContextManager[Logins]:
    """The service, up."""
    return up(Logins(leak))


LOG_OUT = Request("log-out", "POST", "/logout")
SHOW = Request("show", "GET", "/note")


def log_in(user: str) -> Request:
    """Log in with a cookie."""
    return Request("log-in", "POST", "/login", body=json.dumps({"user": user}).encode())


def create(text: str) -> Request:
    """Keep a note."""
    return Request("create", "POST", "/note", body=json.dumps({"text": text}).encode())


def issue(user: str) -> Request:
    """A key for a user; for the operator."""
    return Request("issue", "POST", f"/{user}/keys")


def revoke(user: str, key: str) -> Request:
    """Revoke a key by its id; for the operator."""
    return replace(issue(user), operation="revoke", method="DELETE", path=f"/{user}/keys/{key}")
