"""Containment: closed, the platform shows nothing of anybody's, from nowhere; and the status page says so."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.api.gate import GateMiddleware
from tests.clickdrop.post_offices import post_office
from tests.clickdrop.services import LEFT_BYTES_MAX, STACKS, Service, order, rest, running, slow_reader
from tests.clickdrop.web.visitors import Site, long_answers, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REASON = "Some customers may have seen <others'> orders."
CLOSED = 'id="closed"'
PATIENCE_S = 60.0
TRIES = 6
"""So often is asked what every worker must answer alike."""


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> Iterator[Service]:
    """A service to be closed, which the other tests' must not be."""
    with running("--stack", request.param) as started:
        yield started


@pytest.fixture
def opened(stack: Service) -> Iterator[Service]:
    """The service, open before and after."""
    yield stack
    contain(stack, closed=False)


def contain(service: Service, *, closed: bool) -> None:
    """Close the platform, or open it."""
    body = {"closed": closed, "reason": REASON}
    answer = service.operator().put("/containment", json=body, timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()) == (200, {"closed": closed})


def test_closed_is_closed(opened: Service) -> None:
    """Whatever was asked, and kept in caches, is answered with 503 once the action is done, and later as before."""
    site = Site(opened)
    tenant = opened.tenant()
    (made,) = tenant.create(order("REF-1", recipient="Ada Closed"))
    member = site.user(tenant.account_id, tenant.name)
    identifier = made["orderIdentifier"]
    api = ("/orders", "/orders/full", f"/orders/{identifier}", "/carriers", "/version", "/openapi.json")
    label = f"/orders/{identifier}/label?documentType=postageLabel&includeReturnsLabel=false"
    pages = ("/", "/orders", f"/orders/{identifier}", "/orders/export.csv", "/settings/devices", "/log-in", "/nothing")

    def answers() -> list[httpx.Response]:
        return [
            *(tenant.http.get(path) for path in (*api, label) for _ in range(TRIES)),
            *(member.http.get(path) for path in pages for _ in range(TRIES)),
            member.http.post("/log-out", data={}),
            opened.operator().get("/tenants"),
        ]

    before = [answer.status_code for answer in answers()]
    assert 503 not in before
    contain(opened, closed=True)
    for answer in answers():
        assert answer.status_code == 503
        assert answer.headers["cache-control"] == "private, no-store"
        assert "Ada" not in answer.text
    contain(opened, closed=False)
    assert [answer.status_code for answer in answers()] == before


def test_the_page_says_so(opened: Service) -> None:
    """The status page is there for everybody, tells of the closing and its reason, and later of its end."""
    page = Site(opened).visitor().http
    assert CLOSED not in page.get("/status").text
    contain(opened, closed=True)
    for _ in range(TRIES):
        closed = page.get("/status")
        assert closed.status_code == 200
        assert closed.headers["cache-control"] == "private, no-store"
        assert CLOSED in closed.text
        assert "&lt;others&#39;&gt;" in closed.text
        assert page.get("/static/site.css").status_code == 200
        assert page.get("/health").status_code == 200
    contain(opened, closed=False)
    later = page.get("/status").text
    assert CLOSED not in later
    assert "resolved" in later


def test_who_read_what_can_be_asked(opened: Service) -> None:
    """The operator reads the audit log of a platform that is closed, and nobody else does."""
    tenant = opened.tenant()
    (made,) = tenant.create(order())
    key = opened.operator().post(f"/tenants/{tenant.account_id}/keys", json={}).json()
    assert opened.client(opened.url, f"Bearer {key['key']}").get("/orders").status_code == 200
    contain(opened, closed=True)
    path, span = f"/credentials/{key['id']}/reads", {"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    for _ in range(TRIES):
        answer = opened.operator().get(path, params=span)
        assert answer.status_code == 200
        assert [each["orders"] for each in answer.json()] == [[made["orderIdentifier"]]]
        for other in (f"Bearer {key['key']}", None):
            assert opened.client(opened.ready["operator_url"], other).get(path, params=span).status_code == 401


def test_only_the_operator_closes(opened: Service) -> None:
    """No tenant's credential closes or opens, and both need a reason."""
    tenant = opened.tenant()
    url = opened.ready["operator_url"]
    for key in (tenant.key, None):
        answer = opened.client(url, key).put("/containment", json={"closed": True, "reason": "x"})
        assert answer.status_code == 401
    for body in ({"closed": True}, {"closed": True, "reason": ""}, {"closed": "yes", "reason": "x"}, {"reason": "x"}):
        assert opened.operator().put("/containment", json=body).status_code == 400
    assert opened.operator().get("/containment").json() == {"closed": False}


def test_incidents(opened: Service) -> None:
    """Operators tell of incidents and of how they end; the page shows which parts have trouble."""
    operator = opened.operator()
    page = Site(opened).visitor().http
    body = {"title": "Labels are slow", "component": "Labels", "text": "We look into it."}
    made = operator.post("/incidents", json=body)
    assert made.status_code == 201
    said = shown(page.get("/status"))
    assert "Labels are slow" in said
    assert "trouble" in said
    path = f"/incidents/{made.json()['id']}/updates"
    assert operator.post(path, json={"text": "It was a cable.", "resolved": True}).status_code == 204
    said = shown(page.get("/status"))
    assert "It was a cable." in said
    assert "Everything works" in said
    assert operator.post("/incidents/999999/updates", json={"text": "x"}).status_code == 404
    assert operator.post("/incidents", json={**body, "component": "Coffee"}).status_code == 400


def test_closed_survives_a_restart(tmp_path: Any) -> None:
    """A platform that is closed is closed when it starts again."""
    database = ("--database", str(tmp_path / "clickdrop.db"))
    with running(*database) as first:
        tenant = first.tenant()
        contain(first, closed=True)
    with running(*database) as second:
        client = second.client(second.url, tenant.key)
        assert client.get("/orders").status_code == 503
        contain(second, closed=False)
        assert client.get("/orders").status_code == 200


@pytest.mark.parametrize("stack_name", STACKS)
def test_no_letter_leaves_later(stack_name: str) -> None:
    """A mail server that was slow to greet is told nothing once the platform is closed."""
    with post_office() as office, running("--stack", stack_name, "--smtp", f"127.0.0.1:{office.port}") as service:
        made = order("REF-1", label={"includeLabelInResponse": False})
        made["recipient"]["emailAddress"] = "ada@reader.example"
        made["postageDetails"]["receiveEmailNotification"] = True
        service.tenant().create(made)
        assert office.waiting.wait(PATIENCE_S)
        contain(service, closed=True)
        office.goes_on.set()
        assert office.left.wait(PATIENCE_S)
        assert (office.heard, office.letters) == ([], [])


class _Gate:
    """A gate that is closed from its n-th question on."""

    def __init__(self, closed_from: int) -> None:
        self._left = closed_from

    async def prepare(self) -> None:
        raise NotImplementedError

    async def is_closed(self) -> bool:
        self._left -= 1
        return self._left < 0

    async def set(self, *, closed: bool, now: object) -> None:
        raise NotImplementedError


def through(app: ASGIApp, gate: _Gate) -> list[Message]:
    """Answer what an application sends through a gate when it is asked for orders."""

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    sent: list[Message] = []
    scope = {"type": "http", "path": "/orders", "method": "GET", "headers": []}
    asyncio.run(GateMiddleware(app, gate)(scope, receive, send))
    return sent


@pytest.mark.parametrize("closed_from", range(5))
def test_closed_while_an_answer_is_on_its_way(closed_from: int) -> None:
    """Whenever the platform is closed, no part of an answer is sent later; an answer that has begun is cut off."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"one", b"two", b"three"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    sent = through(answer, _Gate(closed_from))
    parts = [message["body"] for message in sent if message["type"] == "http.response.body"]
    if closed_from < 2:
        assert sent[0]["status"] == 503
        assert json.loads(parts[0])["code"] == "PlatformClosed"
    else:
        assert sent[0]["status"] == 200
        assert parts == [b"one", b"two", b"three"][: closed_from - 1]
    assert sum(message["type"] == "http.response.start" for message in sent) == 1


class _BrokenGate(_Gate):
    async def is_closed(self) -> bool:
        raise OSError("the database is away")


def test_nobody_is_served_while_nobody_knows() -> None:
    """While it cannot be told whether the platform is open nothing is carried out, and closed is not what is said."""

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("this must not be reached")

    sent = through(never, _BrokenGate(0))
    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (503, "Unavailable")


def test_closed_while_a_client_does_not_read(opened: Service) -> None:
    """Of a long answer no more arrives than was on its way when the platform was closed, however slowly it is read."""
    client = opened.client("")
    for request in long_answers(Site(opened)):
        whole = len(client.send(request).content)
        with slow_reader(request) as reader:
            assert reader.recv(12) == b"HTTP/1.1 200"
            contain(opened, closed=True)
            later = rest(reader)
        assert later <= LEFT_BYTES_MAX < whole
        contain(opened, closed=False)


@pytest.mark.parametrize("closed_from", range(2, 7))
def test_long_pieces_are_sent_in_parts(closed_from: int) -> None:
    """An answer that is handed over in one piece is sent in parts, and none of them once the platform is closed."""
    whole = bytes(range(256)) * 800

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": whole})

    sent = through(answer, _Gate(closed_from))
    head, *parts = sent
    assert head["status"] == 200
    assert b"".join(part["body"] for part in parts) == whole[: 65536 * (closed_from - 1)]
    assert [part["more_body"] for part in parts] == [True, True, True, False][: closed_from - 1]
