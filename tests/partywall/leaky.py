"""A small multi-tenant service with leaks, each made certain, for tests of what finds and replays them."""

from __future__ import annotations

import itertools
import json
import secrets
import select
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

from partywall.drive.trial import Trial
from partywall.model import Request, Tenant
from partywall.oracle.judge import judge
from partywall.policy import Listing, Policy, Resource
from partywall.target import Credential, Target
from tests.partywall.served import up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from partywall.drive.session import Session
    from partywall.model import Exchange

CREATE, GET, LIST, DELETE, LAST, ME, REPORT = "Create", "Get", "List", "Delete", "Last", "Me", "Report"

POLICY = Policy(
    operations=(CREATE, GET, LIST, DELETE, LAST, ME, REPORT),
    resources=(
        Resource(
            kind="order",
            made={CREATE: "/made/*/id"},
            removed={DELETE: "/id"},
            shown={GET: "/*/id"},
            listed=(Listing(LIST, ids="/orders/*/id", token="/next", cursor="after"),),
        ),
    ),
    caller=((ME, "/name"),),
)
PAGE = 3
# How long a request waits for what makes a leak certain: its client's hanging up, or company, which comes if announced.
ALONE_S, ANNOUNCED_S = 0.15, 10.0


def create(*notes: str) -> Request:
    """Make orders."""
    body = json.dumps({"notes": notes, "quantity": 7}).encode()
    return Request(CREATE, "POST", "/orders", headers=(("Content-Type", "application/json"),), body=body)


def get(*ids: object) -> Request:
    """Show orders."""
    return Request(GET, "GET", "/orders/" + "%3B".join(map(str, ids)))


def delete(id_: object) -> Request:
    """Remove an order."""
    return Request(DELETE, "DELETE", f"/orders/{id_}")


def listing(after: str = "") -> Request:
    """One page of the orders."""
    return Request(LIST, "GET", "/orders", query=(("after", after),) if after else ())


def last() -> Request:
    """The code of the last order."""
    return Request(LAST, "GET", "/last")


def me() -> Request:
    """The caller's name."""
    return Request(ME, "GET", "/me")


def report() -> Request:
    """All notes, slowly."""
    return Request(REPORT, "GET", "/report")


def until_found(trial: Trial, act: Callable[[], object]) -> None:
    """Act again until something is found: on a busy machine a service may notice too late that a client hung up."""
    for _ in range(50):
        act()
        if judge(trial.history, POLICY).verdict.findings:
            return


class Company:
    """Requests that are meant to meet. ``turn`` says for whom of those who ask for the same they are answered."""

    def __init__(self, size: int, patience_s: float, turn: int) -> None:
        self._size = size
        self._patience_s = patience_s
        self._turn = turn
        self._complete = threading.Event()
        self._callers: dict[str, list[str]] = {}

    def join(self, caller: str, address: str) -> None:
        """One of them has come."""
        callers = self._callers.setdefault(address, [])
        callers.append(caller)
        if sum(map(len, self._callers.values())) >= self._size:
            self._complete.set()

    def wait(self) -> None:
        """Wait for the others, who may not come."""
        self._complete.wait(self._patience_s)

    def answered_for(self, address: str) -> str:
        """One of those who asked for it."""
        callers = sorted(self._callers[address])
        return callers[self._turn % len(callers)]


@dataclass
class Leaky:
    """The service's state. ``leak`` is "" for a sound one, or:

    - "by-id": orders are shown to whoever knows the id; "sometimes": once; "mostly": but each third time; "after-me":
      once anybody has asked for a name.
    - "batch": who asks for an order is shown all that were made before it.
    - "cache": the cached first page is everybody's; "stale-cache": and never renewed.
    - "edge": whatever was read is kept under its address, whoever asks; "flight": two who ask for the same address at
      once are both answered for one of them; "ambient": two who ask for anything at once are; "crowd": all who are sent
      together are, and what one of them makes is made for that one.
    - "delete": orders are removed for whoever knows the id.
    - "header": who calls is believed from the header X-Account.
    - "last": the last order is anybody's.
    - "name": everybody is called by the first caller's name.
    - "race": two lists at once are both answered for the same caller.
    - "report": an answer whose client hung up goes to the next caller.

    ``late`` is how often an order is asked for in vain, as if a job were making it; ``busy`` is how many requests are
    still put off with 429; ``strict``: unknown queries are refused; ``once``: nobody may make orders a second time.
    """

    leak: str = ""
    first_id: int = 1
    base: str = "/v1"
    tenants: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    url: str = ""
    late: int = 0
    busy: int = 0
    strict: bool = False
    once: bool = False
    seen: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    _cached: dict[str, Any] | None = None
    _kept: dict[str, Any] = field(default_factory=dict)
    _unread: dict[str, Any] | None = None
    _first_name: str = ""
    _served: int = 0
    _asked: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _announced: Company | None = None
    _pair: Company | None = None
    _ids: Iterator[int] = field(default_factory=itertools.count)
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._ids = itertools.count(self.first_id)

    def admit(self, tenant: Tenant) -> Credential:
        """Make a tenant."""
        key = self.join(tenant.name)
        return Credential((("Authorization", f"Bearer {key}"),), account=self.tenants[key])

    def join(self, name: str) -> str:
        """A new tenant's key."""
        key = secrets.token_hex(12)
        self.tenants[key] = f"acct-{secrets.token_hex(6)}"
        self.names[self.tenants[key]] = name
        return key

    def target(self) -> Target:
        """The service as partywall sees it."""
        return Target(self.url, POLICY, self.admit)

    def ready(self, tenants: int = 2) -> str:
        """The line that a service prints once it accepts requests."""
        keys = [self.join(f"Demo {index}") for index in range(tenants)]
        return json.dumps({"url": self.url, "api_keys": keys, "account_ids": [self.tenants[key] for key in keys]})

    def answer(self, tenant: str, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Any:
        """The document that answers a request, or a status."""
        ids = [int(part) for part in path.rpartition("/")[2].split(";") if part.isdigit()]
        match method, path.split("/")[1], bool(ids):
            case "POST", "orders", False:
                return self._create(tenant, json.loads(body))
            case "GET", "orders", True:
                found = [self.orders[i] for i in ids if i in self.orders and self._may_see(tenant, self.orders[i])]
                if self.leak == "batch" and found:
                    found = [order for order in self.orders.values() if order["id"] <= found[-1]["id"]]
                self._asked[ids[-1]] += 1
                return [_shown(order) for order in found if self._asked[ids[-1]] > self.late] or 404
            case "GET", "orders", False:
                return self._list(tenant, int(query.get("after", ["0"])[0]))
            case "DELETE", "orders", True:
                order = self.orders.get(ids[0])
                if order is None or (order["tenant"] != tenant and self.leak != "delete"):
                    return 404
                return {"id": self.orders.pop(ids[0])["id"]}
            case "GET", "last", _:
                own = [o for o in self.orders.values() if o["tenant"] == tenant or self.leak == "last"]
                return {"code": own[-1]["code"]} if own else 404
            case "GET", "me", _:
                self._first_name = self._first_name or self.names[tenant]
                return {"name": self._first_name if self.leak == "name" else self.names[tenant]}
            case "GET", "report", _:
                return {"notes": [o["note"] for o in self.orders.values() if o["tenant"] == tenant]}
        return 404

    def kept(self, address: str, answer: Callable[[], Any]) -> Any:
        """What was answered at this address before, or is now."""
        if address not in self._kept:
            self._kept[address] = answer()
        return self._kept[address]

    @contextmanager
    def expecting(self, size: int) -> Iterator[None]:
        """Requests that are sent together wait until so many have come, however busy the machine is."""
        self._announced = Company(size, ANNOUNCED_S, next(self._turns))
        try:
            yield
        finally:
            self._announced = None

    def answered_for(self, tenant: str, method: str, path: str, address: str) -> str:
        """Whom a request is answered for, once those have come whom it is to meet: its caller, unless they are mixed
        up."""
        if method == "GET" and self.leak == "flight":
            return self._met(tenant, address)
        if method == "GET" and self.leak == "ambient":
            return self._met(tenant, "anything")
        if method == "GET" and self.leak == "race" and path == "/orders":
            return self._met(tenant, "any list")
        if self.leak == "crowd" and self._announced:
            return self._met(tenant, "anything")
        with self._lock:
            if self._announced:
                self._announced.join(tenant, address)
        return tenant

    def _met(self, tenant: str, address: str) -> str:
        with self._lock:
            company = self._announced or self._pair
            if company is None:
                company = self._pair = Company(2, ALONE_S, next(self._turns))
            company.join(tenant, address)
        company.wait()
        with self._lock:
            if self._pair is company:
                self._pair = None
            return company.answered_for(address)

    def hung_up(self, answer: Any) -> None:
        """A client did not wait for its answer."""
        if self.leak == "report":
            self._unread = answer

    def unread(self) -> Any:
        """An answer that nobody read, once."""
        answer, self._unread = self._unread, None
        return answer

    def _create(self, tenant: str, told: dict[str, Any]) -> Any:
        if self.once and any(order["tenant"] == tenant for order in self.orders.values()):
            return 409
        with self._lock:
            made = []
            for note in told["notes"]:
                number = next(self._ids)
                code = f"TRK{secrets.token_hex(5)}0000".upper()
                self.orders[number] = {"id": number, "code": code, "note": note, "tenant": tenant}
                made.append(_shown(self.orders[number]))
            if self.leak != "stale-cache":
                self._cached = None
        return {"made": made}

    def _may_see(self, tenant: str, order: dict[str, Any]) -> bool:
        if order["tenant"] == tenant:
            return True
        self._served += 1
        match self.leak:
            case "sometimes":
                return self._served == 1
            case "mostly":
                return self._served % 3 > 0
            case "after-me":
                return bool(self._first_name)
        return self.leak == "by-id"

    def _list(self, tenant: str, after: int) -> Any:
        if self.leak in ("cache", "stale-cache") and self._cached and not after:
            return self._cached
        own = [_shown(o) for o in self.orders.values() if o["tenant"] == tenant and o["id"] > after]
        answer: dict[str, Any] = {"orders": own[:PAGE]}
        if len(own) > PAGE:
            answer["next"] = str(own[PAGE - 1]["id"])
        if not after:
            self._cached = answer
        return answer


def _shown(order: dict[str, Any]) -> dict[str, Any]:
    return {key: order[key] for key in ("id", "code", "note")}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one write: a second would wait for the first to be acknowledged
    service: Leaky

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        """Any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        tenant = self.service.tenants.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        url = urlsplit(self.path.removeprefix(self.service.base))
        if tenant is None:
            self._reply(401)
            return
        if self.service.leak == "header":
            tenant = self.headers.get("X-Account") or tenant
        if self.service.busy:
            self.service.busy -= 1
            self._reply(429)
            return
        self.service.seen.append((tenant, self.command, self.path, body))
        tenant = self.service.answered_for(tenant, self.command, url.path, self.path)
        if self.service.strict and not set(parse_qs(url.query)) <= {"after"}:
            self._reply(400)
            return
        asked = unquote(url.path), parse_qs(url.query)
        if self.service.leak == "edge" and self.command == "GET":
            answer = self.service.kept(self.path, lambda: self.service.answer(tenant, "GET", *asked, body))
        else:
            answer = self.service.answer(tenant, self.command, *asked, body)
        if url.path == "/report":
            readable, _, _ = select.select([self.connection], [], [], ALONE_S)
            if readable:
                self.service.hung_up(answer)
                self.close_connection = True
                return
        self._reply(self.service.unread() or answer)

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815  # names that http.server calls

    def _reply(self, answer: Any) -> None:
        status = answer if isinstance(answer, int) else 200
        body = json.dumps({"error": status} if isinstance(answer, int) else answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status == 429:
            self.send_header("Retry-After", "2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running(leak: str = "", first_id: int = 1) -> Iterator[Leaky]:
    """The service on a port of its own."""
    with serving(Leaky(leak, first_id)) as service:
        yield service


@contextmanager
def serving(service: Leaky) -> Iterator[Leaky]:
    """A service that is there already, on a port of its own."""
    handler = type("Handler", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}{service.base}"
    send = Trial.together

    def announced(trial: Trial, calls: Sequence[tuple[Tenant | Session, Request]]) -> list[Exchange]:
        with service.expecting(len({caller for caller, _ in calls})):
            return send(trial, calls)

    with up(server), mock.patch.object(Trial, "together", announced):
        yield service
