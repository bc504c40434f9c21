"""Orders' statuses as events: an account's own, for as long as its user is logged in, and not without bounds."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.web.events import STREAMS_OF_ACCOUNT_MAX
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.clickdrop.services import Tenant
    from tests.clickdrop.web.visitors import Site, Visitor


def listening(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Answer the events of a stream as they come."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["cache-control"] == "private, no-store"
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@pytest.fixture
def member(site: Site, tenant: Tenant) -> Visitor:
    """A user of the tenant's, logged in."""
    return site.user(tenant.account_id, tenant.name)


def test_statuses(tenant: Tenant, neighbour: Tenant, member: Visitor) -> None:
    """A stream tells of the account's orders and of what becomes of them, whichever worker it happens on."""
    (first,) = (made["orderIdentifier"] for made in tenant.create(order("REF-1")))
    (foreign,) = (made["orderIdentifier"] for made in neighbour.create(order("REF-1")))
    with member.http.stream("GET", "/orders/events") as answer:
        events = listening(answer)
        assert next(events) == {"identifier": first, "status": "new", "words": "New"}
        for who, identifier in ((neighbour, foreign), (tenant, first)):
            body = {"items": [{"orderIdentifier": identifier, "status": "despatched"}]}
            assert who.http.put("/orders/status", json=body).json()["errors"] == []
        assert next(events) == {"identifier": first, "status": "despatched", "words": "Despatched"}


def test_a_stream_ends_with_its_session(tenant: Tenant, member: Visitor) -> None:
    """After the log-out nothing comes any more."""
    tenant.create(order("REF-1"))
    with member.http.stream("GET", "/orders/events") as answer:
        events = listening(answer)
        next(events)
        assert member.send("/log-out").status_code == 303
        tenant.create(order("REF-2"))
        assert [event["status"] for event in events] in ([], ["new"])  # it may have looked in between
    assert member.http.get("/orders/events", headers={"Accept": "text/event-stream"}).status_code == 401


def test_an_account_has_so_many_streams(site: Site, member: Visitor, other: Visitor) -> None:
    """Beyond so many streams in a process an account is refused, and no other account is."""
    with ExitStack() as streams:
        refused = None
        for _ in range(3 * STREAMS_OF_ACCOUNT_MAX):  # in production there are two processes
            answer = streams.enter_context(member.http.stream("GET", "/orders/events"))
            if answer.status_code != 200:
                refused = answer
                break
        assert refused is not None
        assert refused.status_code == 429
        with other.http.stream("GET", "/orders/events") as answer:
            assert answer.status_code == 200
