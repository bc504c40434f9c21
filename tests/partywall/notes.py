"""A small multi-tenant service for the tests of the harness: notes, with leaks to switch on."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from typing import TYPE_CHECKING, Any

import httpx

from partywall.drive.session import tls_context
from partywall.model import Request, Tenant
from partywall.target import Credential, Target
from tests.partywall.histories import NOTES
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class Notes(Toy):
    """Notes by tenant, in memory. ``leak``: "", "read", "list", "total", "down" (500 to everything)
    or "dies" (no answers any more after 60)."""

    def __init__(self, leak: str = "") -> None:
        super().__init__(_Handler)
        self.leak = leak
        self.lock = threading.Lock()
        self.answers_left = 60 if leak == "dies" else 10**9
        self.numbers = itertools.count(5_000)
        self.tenants: dict[str, str] = {}
        self.notes: dict[int, tuple[str, str]] = {}


class _Handler(Handler):
    always = (("Content-Type", "application/json"),)
    server: Notes

    def answer(self, status: int, body: Any) -> None:
        self.say(status, json.dumps(body))

    def respond(self) -> None:
        sent = json.loads(self.sent() or b"null")
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        served = self.server
        with served.lock:
            served.answers_left -= 1
            if served.answers_left < 0:
                self.close_connection = True
            elif self.path == "/tenants":
                key = secrets.token_hex(18)
                served.tenants[key] = sent["name"]
                self.answer(200, {"key": key})
            elif served.leak == "down":
                self.answer(500, {"message": "out of order"})
            elif self.path == "/version":
                self.answer(200, {"version": "1"})
            elif key not in served.tenants:
                self.answer(401, {"message": "who?"})
            else:
                self.answer(*self.of_tenant(key, sent))

    def of_tenant(self, key: str, sent: Any) -> tuple[int, Any]:
        served, path = self.server, self.path.partition("?")[0]
        if path == "/me":
            return 200, {"name": served.tenants[key], "key_id": f"KEYID-{list(served.tenants).index(key):06d}-AZ"}
        if self.command == "POST":
            number = next(served.numbers)
            served.notes[number] = (key, sent["text"])
            return 200, {"id": number, "text": sent["text"]}
        if path == "/notes":
            seen = served.notes.items()
            own = [{"id": n, "text": text} for n, (owner, text) in seen if served.leak == "list" or owner == key]
            return 200, {"notes": own, "total": len(seen) if served.leak == "total" else len(own)}
        number = int(path.rsplit("/", 1)[1])
        owner, text = served.notes.get(number, ("", ""))
        if not owner or (owner != key and served.leak != "read"):
            return 404, {"message": "no such note"}
        if self.command == "DELETE":
            del served.notes[number]
        if self.command == "PUT":
            served.notes[number] = (owner, text := sent["text"])
        return 200, {"id": number, "text": text}


def serving(leak: str = "") -> AbstractContextManager[Notes]:
    """The service, up."""
    return up(Notes(leak))


def target(url: str, fresh: Callable[[], AbstractContextManager[Target]] | None = None) -> Target:
    """The service as partywall sees it."""

    def admit(tenant: Tenant) -> Credential:
        answer = httpx.post(f"{url}/tenants", json={"name": tenant.name}, verify=tls_context(), trust_env=False)
        return Credential((("Authorization", f"Bearer {answer.json()['key']}"),))

    return Target(url, NOTES, admit, fresh)


def create(text: str) -> Request:
    """Make a note."""
    return Request("create", "POST", "/notes", body=json.dumps({"text": text}).encode())


def listing() -> Request:
    """List the tenant's notes."""
    return Request("list", "GET", "/notes")


def get(number: int) -> Request:
    """One note."""
    return Request("get", "GET", f"/notes/{number}")


def change(number: int, text: str) -> Request:
    """Change a note."""
    return Request("change", "PUT", f"/notes/{number}", body=json.dumps({"text": text}).encode())


def delete(number: int) -> Request:
    """Remove a note."""
    return Request("delete", "DELETE", f"/notes/{number}")


def me() -> Request:
    """Who the caller is."""
    return Request("me", "GET", "/me")


def version() -> Request:
    """The release."""
    return Request("version", "GET", "/version")
