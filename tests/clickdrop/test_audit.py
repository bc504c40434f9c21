"""The audit log: whose orders a credential was shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.clickdrop.services import order, running

if TYPE_CHECKING:
    import httpx

    from tests.clickdrop.services import Service

LABELLED = {"includeLabelInResponse": False}


def issued(service: Service, account_id: str) -> tuple[str, httpx.Client]:
    """Make a key, and answer its public identifier and a client that uses it."""
    key = service.operator().post(f"/tenants/{account_id}/keys", json={}).json()
    return key["id"], service.client(service.url, f"Bearer {key['key']}")


def reads(service: Service, credential: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Ask what a credential was shown."""
    span = {"from": start.isoformat(), "to": end.isoformat()}
    answer = service.operator().get(f"/credentials/{credential}/reads", params=span)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_every_way_to_see_an_order(service: Service) -> None:
    """Whatever operation shows an order, the log says which credential saw it, when, and whose it is."""
    tenant = service.tenant()
    (made,) = tenant.create(order("INV-1", label=LABELLED))
    identifier = made["orderIdentifier"]
    credential, http = issued(service, tenant.account_id)
    shop = service.client(service.ready["shop_url"], http.headers["Authorization"])
    start = datetime.now(UTC)
    number = http.get(f"/orders/{identifier}").json()[0]["trackingNumber"]
    http.get("/orders")
    http.get("/orders/full")
    http.get(f"/orders/{identifier}/full")
    http.get(f"/orders/{identifier}/label?documentType=despatchNote")
    http.post("/manifests")
    shop.get("/parcels")
    shop.get(f"/parcels/{number}")
    found = reads(service, credential, start, datetime.now(UTC))
    assert [each["operation"] for each in found] == [
        "GetSpecificOrdersAsync",
        "GetOrdersAsync",
        "GetOrdersWithDetailsAsync",
        "GetSpecificOrdersWithDetailsAsync",
        "GetOrdersLabelAsync",
        "ManifestEligibleAsync",
        "GetParcels",
        "GetParcel",
    ]
    for each in found:
        assert each["orders"] == [identifier]
        assert each["owners"] == [each["accountId"]] == [tenant.account_id]
        assert start <= datetime.fromisoformat(each["at"]) <= datetime.now(UTC)


def test_one_credential_and_one_span(service: Service) -> None:
    """An answer is about one credential from one moment until before another, and says nothing of what was refused."""
    tenant, other = service.tenant(), service.tenant()
    (made,) = tenant.create(order())
    credential, http = issued(service, tenant.account_id)
    begun = datetime.now(UTC)
    tenant.http.get("/orders")
    assert issued(service, other.account_id)[1].get(f"/orders/{made['orderIdentifier']}").status_code == 404
    http.get(f"/orders/{made['orderIdentifier']}")
    (only,) = reads(service, credential, begun, datetime.now(UTC))
    assert only["orders"] == [made["orderIdentifier"]]
    moment = datetime.fromisoformat(only["at"])
    assert reads(service, credential, begun, moment) == []
    assert len(reads(service, credential, moment, moment + timedelta(microseconds=1))) == 1
    assert tenant.http.delete(f"/orders/{made['orderIdentifier']}").status_code == 200
    (after,) = reads(service, credential, begun, datetime.now(UTC))
    assert (after["orders"], after["owners"]) == ([made["orderIdentifier"]], [None])


def test_the_log_tells_of_a_leak() -> None:
    """After a service showed one tenant another's orders, the log says whose they were."""
    with running("--leak", "order-read-without-tenant") as service:
        owner, viewer = service.tenant(), service.tenant()
        (made,) = owner.create(order())
        credential, http = issued(service, viewer.account_id)
        begun = datetime.now(UTC)
        assert http.get(f"/orders/{made['orderIdentifier']}").status_code == 200
        (seen,) = reads(service, credential, begun, datetime.now(UTC))
        assert (seen["accountId"], seen["owners"]) == (viewer.account_id, [owner.account_id])


def test_bad_questions(service: Service) -> None:
    """What can't be read is refused, and no tenant's key asks."""
    operator = service.operator()
    span = {"from": "2026-11-24T13:00:00Z", "to": "2026-11-24T14:00:00Z"}
    unknown = "00000000-0000-4000-8000-000000000000"
    assert operator.get(f"/credentials/{unknown}/reads", params=span).json() == []
    assert operator.get("/credentials/x/reads", params=span).status_code == 400
    assert operator.get(f"/credentials/{unknown}/reads").status_code == 400
    assert operator.get(f"/credentials/{unknown}/reads", params=span | {"to": "soon"}).status_code == 400
    client = service.client(service.ready["operator_url"], service.tenant().key)
    assert client.get(f"/credentials/{unknown}/reads", params=span).status_code == 401
