"""A small multi-tenant website, whose users log in by a form and listen to what becomes of their notes."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from partywall.model import Request, Tenant
from partywall.policy import Listing, LogIn, Policy, Resource, Shared
from partywall.target import Credential, Operator, Target
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from io import BufferedIOBase

OPERATOR_KEY = "the-operator-s-own-key"

POLICY = Policy(
    operations=("create", "home", "events"),
    shared=(Shared("form", "it asks who it is"),),
    resources=(Resource("note", {"create": "/id"}, {}, {}, listed=(Listing("events", "/*/id"),)),),
    log_ins=(LogIn("log in", cookie="sid"),),
    log_outs=("log out",),
    pages=("form", "log in", "log out", "home", "events"),
    form_field="token",
)


class Pages(Toy):
    """Notes, made with keys, and pages behind sessions. ``leak`` is "" or:

    - "survives": a log-out tells the browser to forget its session, and does not end it.
    - "kept": a log-in keeps the session that the browser came with.
    - "events": who listens is told of everybody's notes.

    Attributes:
        secrets: all that was issued or chosen. keyed: pages that were asked for with a key.
    """

    def __init__(self, leak: str) -> None:
        super().__init__(_Handler)
        self.leak = leak
        self.lock = threading.Lock()
        self.ids = itertools.count(7_000)
        self.keys: dict[str, str] = {}
        self.users: dict[tuple[str, str], str] = {}
        self.sessions: dict[str, str] = {}
        self.listening: list[tuple[str, BufferedIOBase]] = []
        self.secrets: list[str] = []
        self.keyed: list[str] = []

    @property
    def target(self) -> Target:
        """The service as partywall sees it."""
        operator = Operator(f"{self.url}/operator", (("Authorization", f"Bearer {OPERATOR_KEY}"),))
        return Target(self.url, POLICY, lambda tenant: self.admit(tenant.name, tenant), operator=operator)

    def admit(self, name: str, _tenant: Tenant | None = None) -> Credential:
        """Make an account."""
        key, account = self.secret(), f"account-{len(self.keys):04d}-{name[:7].replace(' ', '')}"
        self.keys[key] = account
        return Credential((("Authorization", f"Bearer {key}"),), account)

    def secret(self) -> str:
        """A new secret."""
        self.secrets.append(secrets.token_hex(12))
        return self.secrets[-1]


class _Handler(Handler):
    always = (("Cache-Control", "private, no-store"),)
    server: Pages

    def respond(self) -> None:
        sent = self.sent().decode()
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.path.startswith("/operator/"):
            user = json.loads(sent)
            self.server.secrets.append(user["password"])
            self.server.users[user["email"], user["password"]] = self.path.split("/")[2]
            self.say(201 if key == OPERATOR_KEY else 401, "{}")
        elif self.path == "/notes":
            self.make(self.server.keys[key])
        else:
            self.server.keyed += [self.path] if key else []
            self.show({name: values[0] for name, values in parse_qs(sent).items()})

    def make(self, account: str) -> None:
        number = next(self.server.ids)
        with self.server.lock:
            for owner, out in self.server.listening:
                if owner == account or self.server.leak == "events":
                    out.write(b'event: made\ndata: {"id": %d}\n\n' % number)
                    out.flush()
        self.say(200, json.dumps({"id": number}))

    def show(self, form: dict[str, str]) -> None:
        served = self.server
        cookies = dict(pair.strip().partition("=")[::2] for pair in self.headers.get("Cookie", "").split(";"))
        sid = cookies.get("sid") or served.secret()
        account = served.sessions.get(sid)
        page = f'<p>{account}</p><input type="hidden" name="token" value="{sid[::-1]}">'
        served.secrets.append(sid[::-1])
        if self.command == "POST" and form.get("token") != sid[::-1]:
            self.say(403, "<p>forged</p>")
        elif (self.command, self.path) == ("POST", "/login"):
            fresh = sid if served.leak == "kept" else served.secret()
            served.sessions.pop(sid, None)
            served.sessions[fresh] = served.users[form["email"], form["password"]]
            self.say(303, "", ("Location", "/home"), ("Set-Cookie", f"sid={fresh}; HttpOnly; Path=/"))
        elif self.path == "/login":
            self.say(200, page, ("Set-Cookie", f"sid={sid}; HttpOnly; Path=/"))
        elif account is None:
            self.say(401, "<p>who?</p>")
        elif self.path == "/logout":
            if served.leak != "survives":
                del served.sessions[sid]
            self.say(303, "", ("Location", "/login"), ("Set-Cookie", "sid=; Max-Age=0; Path=/"))
        elif self.path == "/events":
            self.stream(account)
        else:
            self.say(200, page)

    def stream(self, account: str) -> None:
        self.begin(200, ("Content-Type", "text/event-stream"), ("Connection", "close"))
        self.wfile.write(b": notes as they are made\n\n")
        self.wfile.flush()
        with self.server.lock:
            self.server.listening.append((account, self.wfile))
        self.rfile.read(1)  # until the listener has hung up
        with self.server.lock:
            self.server.listening.remove((account, self.wfile))
        self.close_connection = True


def serving(leak: str = "") -> AbstractContextManager[Pages]:
    """The service, up."""
    return up(Pages(leak))


FORM = Request("form", "GET", "/login")
HOME = Request("home", "GET", "/home")
EVENTS = Request("events", "GET", "/events")
CREATE = Request("create", "POST", "/notes")
_URLENCODED = (("Content-Type", "application/x-www-form-urlencoded"),)
LOG_OUT = Request("log out", "POST", "/logout", headers=_URLENCODED)


def user(account: str, email: str, password: str) -> Request:
    """A user of an account; for the operator."""
    body = json.dumps({"email": email, "password": password}).encode()
    return Request("user", "POST", f"/{account}/users", body=body)


def log_in(email: str, password: str) -> Request:
    """The form, filled in."""
    body = urlencode({"email": email, "password": password}).encode()
    return Request("log in", "POST", "/login", headers=_URLENCODED, body=body)
