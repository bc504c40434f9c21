"""Who may call what: keys, features, the operator, the rate limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.services import order, running

if TYPE_CHECKING:
    from tests.clickdrop.services import Service, Tenant

PRIVATE_PATHS = ("/orders", "/orders/full", "/orders/1", "/orders/1/full", "/carriers", "/returns/services")


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "nobody", "Basic abc", "Bearer é"])
def test_no_key_no_answer(service: Service, authorization: str | None) -> None:
    """Without a key that somebody holds there is a 401 without a body, whatever is asked."""
    headers = [] if authorization is None else [(b"Authorization", authorization.encode())]
    client = service.client(service.url)
    for path in PRIVATE_PATHS:
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer "])
def test_key_bare_or_bearer(service: Service, tenant: Tenant, scheme: str) -> None:
    """A key is taken bare, as the real client sends it, and as a bearer token."""
    assert service.client(service.url, scheme + tenant.key).get("/carriers").status_code == 200


def test_keys_have_the_length_that_clients_expect(tenant: Tenant) -> None:
    """The real client refuses keys that are not of 31 to 39 characters."""
    assert 31 <= len(tenant.key) <= 39


def test_private_answers_are_kept_by_nobody(tenant: Tenant) -> None:
    """Every private answer forbids caches to keep it, refusals included."""
    for path in (*PRIVATE_PATHS, "/orders/x", "/manifests/1", "/nothing"):
        assert tenant.http.get(path).headers["cache-control"] == "private, no-store"


def test_features(service: Service) -> None:
    """Labels and manifests are for OBA accounts, details for ChannelShipper accounts."""
    plain = service.tenant(kind="OLP", channel_shipper=False)
    (made,) = plain.create(
        order(postageDetails={"serviceCode": "OLP1"}, label={"includeLabelInResponse": True}),
    )
    assert [error["code"] for error in made["labelErrors"]] == ["FeatureNotAvailable"]
    assert plain.http.get("/orders").status_code == 200
    label = "/orders/1/label?documentType=despatchNote"
    for path in (label, "/manifests/1", "/orders/full", "/orders/1/full"):
        answer = plain.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "FeatureNotAvailable")
    assert plain.http.post("/manifests").status_code == 403
    other = {"orderIdentifier": made["orderIdentifier"], "status": "despatchedByOtherCourier"}
    errors = plain.http.put("/orders/status", json={"items": [other]}).json()["errors"]
    assert [error["code"] for error in errors] == ["FeatureNotAvailable"]


def test_a_revoked_key_opens_nothing(service: Service, tenant: Tenant) -> None:
    """A key works until the moment when it is revoked; the account's other keys go on."""
    operator = service.operator()
    issued = operator.post(f"/tenants/{tenant.account_id}/keys", json={}).json()
    second = service.client(service.url, issued["key"])
    assert second.get("/orders").status_code == 200
    assert operator.delete(f"/tenants/{tenant.account_id}/keys/{issued['id']}").status_code == 204
    assert second.get("/orders").status_code == 401
    assert tenant.http.get("/orders").status_code == 200
    assert operator.delete(f"/tenants/{tenant.account_id}/keys/{issued['id']}").status_code == 404


def test_operator_works_within_one_account(service: Service, tenant: Tenant, neighbour: Tenant) -> None:
    """A user of one account gets no key of another, and keys are revoked in their own account."""
    operator = service.operator()
    user = operator.post(f"/tenants/{tenant.account_id}/users", json={"email": "a@example.org", "name": "A"}).json()
    key = operator.post(f"/tenants/{tenant.account_id}/keys", json={"user": user["id"]})
    assert key.status_code == 201
    assert operator.post(f"/tenants/{neighbour.account_id}/keys", json={"user": user["id"]}).status_code == 404
    assert operator.delete(f"/tenants/{neighbour.account_id}/keys/{key.json()['id']}").status_code == 404
    assert operator.post("/tenants/nobody/keys", json={}).status_code == 404
    assert operator.post("/tenants", json={"name": ""}).status_code == 400
    assert {tenant.account_id, neighbour.account_id} <= {each["id"] for each in operator.get("/tenants").json()}


def test_operator_is_not_on_the_tenants_surface(service: Service, tenant: Tenant) -> None:
    """A tenant's key opens nothing of the operator's, and the operator's key nothing of a tenant's."""
    operator_url = service.ready["operator_url"]
    for key in (tenant.key, None):
        intruder = service.client(operator_url, key)
        assert intruder.get("/tenants").status_code == 401
        assert intruder.post("/tenants", json={"name": "Mine"}).status_code == 401
    assert service.client(service.url, service.ready["operator_key"]).get("/orders").status_code == 401
    assert tenant.http.get("/operator/tenants").status_code == 404
    assert tenant.http.get("/tenants").status_code == 404
    assert "tenants" not in service.client(service.url).get("/openapi.json").text.replace("tenants'", "")


def test_rate_limit() -> None:
    """Beyond so many calls a second a key is told to wait, and how long; other keys are not."""
    with running("--rate-limit", "3") as service:
        one, two = service.tenant(), service.tenant()
        # On a machine that stalls, the window moves on between two calls; it can't for ever.
        answers = [one.http.get("/carriers")]
        while answers[-1].status_code == 200 and len(answers) < 300:
            answers.append(one.http.get("/carriers"))
        limited = answers[-1]
        assert len(answers) > 3
        assert limited.status_code == 429
        assert limited.json()["code"] == "TooManyRequests"
        assert re.fullmatch("[1-9][0-9]*", limited.headers["retry-after"])
        assert two.http.get("/carriers").status_code == 200
