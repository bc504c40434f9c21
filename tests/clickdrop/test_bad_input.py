"""Bad input: refused in the published shapes, and nothing half done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service, Tenant

BODIES = {
    "empty": b"",
    "not JSON": b"{",
    "no object": b"[]",
    "null": b"null",
    "bad UTF-8": b'{"items": "\xff"}',
    "lone surrogate": b'{"items": [{"orderReference": "\\ud800"}]}',
    "deep": b"[" * 100_000,
    "deep inside": b'{"items": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "no items": b'{"items": []}',
    "other type": b'{"items": {"a": 1}}',
    "huge integer": b'{"items": [{"orderIdentifier": ' + b"9" * 5000 + b"}]}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(
    ("method", "path", "shape"),
    [("POST", "/orders", dict), ("PUT", "/orders/status", list), ("POST", "/returns", dict)],
)
def test_unreadable_bodies(tenant: Tenant, method: str, path: str, shape: type, body: bytes) -> None:
    """A body that cannot be read is a 400 in the operation's own shape."""
    answer = tenant.http.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert isinstance(answer.json(), shape)
    assert b"Traceback" not in answer.content


@pytest.mark.parametrize(
    "fields",
    [
        {"orderReference": "x" * 41},
        {"orderReference": 7},
        {"orderDate": "yesterday"},
        {"orderDate": 1700000000},
        {"orderDate": None},
        {"subtotal": "10.00"},
        {"subtotal": -1},
        {"subtotal": 1_000_000},
        {"subtotal": 1.001},
        {"subtotal": True},
        {"packages": [{"weightInGrams": 0, "packageFormatIdentifier": "letter"}]},
        {"packages": [{"weightInGrams": 1.5, "packageFormatIdentifier": "letter"}]},
        {"packages": [{"weightInGrams": 1}]},
        {"recipient": {"address": {"addressLine1": "x", "city": "y"}}},
        {"recipient": None},
        {"label": {}},
        {"tags": [{"key": "k" * 101}]},
        {"postageDetails": {"sendNotificationsTo": "everybody"}},
    ],
    ids=str,
)
def test_malformed_orders(tenant: Tenant, fields: dict[str, Any]) -> None:
    """One malformed order refuses its whole batch, and none of it is made."""
    answer = tenant.http.post("/orders", json={"items": [order("good"), order("bad") | fields]})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("items.1.")
    assert tenant.identifiers() == []


def test_batch_sizes(tenant: Tenant) -> None:
    """A hundred orders are taken at once, one more is not."""
    assert tenant.http.post("/orders", json={"items": [order()] * 101}).status_code == 400
    assert len(tenant.create(*[order()] * 100)) == 100


def test_oversized_bodies(tenant: Tenant) -> None:
    """A body beyond five megabytes is refused, and the connection goes on."""
    answer = tenant.http.post("/orders", content=b" " * (5 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "BodyTooLarge")
    assert tenant.http.get("/orders").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "pageSize=0",
        "pageSize=101",
        "pageSize=ten",
        "pageSize=1.0",
        "pageSize=",
        f"pageSize={'9' * 5000}",
        "startDateTime=1700000000",
        "startDateTime=2026-13-01T00:00:00Z",
        "endDateTime=%FF",
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/orders/full"])
def test_bad_queries(tenant: Tenant, path: str, query: str) -> None:
    """A query parameter that is not of its type is refused."""
    answer = tenant.http.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "InvalidParameter"


def test_dates_at_the_ends_of_the_calendar(tenant: Tenant) -> None:
    """A date is a date, however far away and whatever its offset."""
    for date in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert tenant.http.get("/orders", params={"startDateTime": date}).status_code == 200
        tenant.create(order(orderDate=date))


def test_unknown_parameters_are_ignored(tenant: Tenant) -> None:
    """What the API does not know changes nothing."""
    tenant.create(order(unknown={"a": 1}))
    assert len(tenant.http.get("/orders?accountId=1&tenant=x").json()["orders"]) == 1


@pytest.mark.parametrize("path", ["/manifests/x", "/manifests/0", "/manifests/9223372036854775808", "/manifests/1.5"])
def test_bad_manifest_numbers(tenant: Tenant, path: str) -> None:
    """What is no manifest number is refused in the shape of manifests."""
    answer = tenant.http.get(path)
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize("number", ["0", "-1", "9" * 25, "-" + "9" * 25, "9" * 5000], ids=len)
def test_bad_incident_numbers(service: Service, number: str) -> None:
    """What is no incident's number is refused with the error object."""
    answer = service.operator().post(f"/incidents/{number}/updates", json={"text": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize("digits", [19, 25, 5000])
def test_long_numbers(service: Service, tenant: Tenant, digits: int) -> None:
    """In no path of either API is a long number more than a number, or none."""
    for url in (service.url, service.ready["shop_url"]):
        for path, methods in tenant.http.get(f"{url}/openapi.json").json()["paths"].items():
            given = url + re.sub("{[^}]*}", "9" * digits, path.removeprefix(urlsplit(url).path))
            for method in methods.keys() & {"get", "put", "post", "delete"}:
                assert tenant.http.request(method, given, json={}).status_code < 500, (method, path)


@pytest.mark.parametrize("path", ["/orders/abc", "/orders/abc/full", "/orders/abc/label?documentType=CN22"])
def test_bad_identifiers(tenant: Tenant, path: str) -> None:
    """What is no identifier is refused with an element for each fault."""
    answer = tenant.http.get(path)
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()] == ["InvalidIdentifier"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/orders/1", "DELETE, GET"),
        ("PUT", "/orders", "GET, POST"),
        ("GET", "/orders/status", "PUT"),
        ("DELETE", "/orders/full", "GET"),
        ("DELETE", "/orders/1/full", "GET"),
        ("POST", "/orders/1/label", "GET"),
        ("GET", "/manifests", "POST"),
        ("PATCH", "/version", "GET"),
    ],
)
def test_wrong_methods(tenant: Tenant, method: str, path: str, allow: str) -> None:
    """A method that a path does not have is a 405 that says which it has."""
    answer = tenant.http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "MethodNotAllowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "path", ["/nothing", "/api", "/api/v1/nothing", "/api/v1/", "/api/v1/orders/", "/api/v2/orders", "/docs"]
)
def test_unknown_paths(service: Service, path: str) -> None:
    """A path that leads nowhere is a 404 with the error object."""
    answer = service.client(service.ready["origin"]).get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")


def test_texts_survive(tenant: Tenant) -> None:
    """Text is kept as it is: markup, quotes, control characters, letters of all scripts."""
    text = "<b>'\";--\x00\x07\u202e\U0001f4e6 ÅÄÖ 中文"
    (made,) = tenant.create(order(text, specialInstructions=text))
    (shown,) = tenant.http.get(f"/orders/{made['orderIdentifier']}/full").json()
    assert (shown["orderReference"], shown["specialInstructions"]) == (text, text)
    label = tenant.http.get(
        f"/orders/{made['orderIdentifier']}/label", params={"documentType": "postageLabel", "includeReturnsLabel": True}
    )
    assert label.status_code == 200
