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


def test_the_log_tells_of_a_leak() -> None:
    """After a service showed one tenant another's orders, the log says whose they were, also once they are deleted."""
    with running("--leak", "order-read-without-tenant") as service:
        owner, viewer = service.tenant(), service.tenant()
        (made,) = owner.create(order())
        credential, http = issued(service, viewer.account_id)
        begun = datetime.now(UTC)
        assert http.get(f"/orders/{made['orderIdentifier']}").status_code == 200
        (seen,) = reads(service, credential, begun, datetime.now(UTC))
        assert (seen["accountId"], seen["owners"]) == (viewer.account_id, [owner.account_id])
        assert owner.http.delete(f"/orders/{made['orderIdentifier']}").status_code == 200
        assert reads(service, credential, begun, datetime.now(UTC)) == [seen]


def test_who_deletes_leaves_who_owned(service: Service) -> None:
    """An order that is deleted is still its owner's in what was read before."""
    tenant = service.tenant()
    made, other = tenant.create(order(), order())
    credential, http = issued(service, tenant.account_id)
    begun = datetime.now(UTC)
    http.get("/orders")
    tenant.http.delete(f"/orders/{made['orderIdentifier']}")
    (seen,) = reads(service, credential, begun, datetime.now(UTC))
    assert set(seen["orders"]) == {made["orderIdentifier"], other["orderIdentifier"]}
    assert seen["owners"] == [tenant.account_id] * 2


def test_the_log_tells_of_orders_that_a_leak_deleted() -> None:
    """Whose an order was that another tenant could see, and deleted, is known."""
    with running("--leak", "list-checks-first-id") as service:
        owner, viewer = service.tenant(), service.tenant()
        (theirs,), (ours,) = owner.create(order()), viewer.create(order())
        credential, http = issued(service, viewer.account_id)
        begun = datetime.now(UTC)
        listed = f"/orders/{ours['orderIdentifier']};{theirs['orderIdentifier']}"
        assert len(http.get(listed).json()) == 2
        assert len(http.delete(listed).json()["deletedOrders"]) == 2
        seen = reads(service, credential, begun, datetime.now(UTC))[0]
        owners = dict(zip(seen["orders"], seen["owners"], strict=True))
        assert owners == {ours["orderIdentifier"]: viewer.account_id, theirs["orderIdentifier"]: owner.account_id}


def test_an_identifier_that_is_used_again() -> None:
    """Where an order has the identifier of one that was deleted, each was read as its own owner's."""
    with running("--decoy", "identifier-used-again") as service:
        first, second = service.tenant(), service.tenant()
        (before,) = first.create(order())
        identifier = before["orderIdentifier"]
        clients = [issued(service, each.account_id) for each in (first, second)]
        begun = datetime.now(UTC)
        assert clients[0][1].get(f"/orders/{identifier}").status_code == 200
        first.http.delete(f"/orders/{identifier}")
        (after,) = second.create(order())
        assert after["orderIdentifier"] == identifier
        assert clients[1][1].get(f"/orders/{identifier}").status_code == 200
        seen = [reads(service, credential, begun, datetime.now(UTC)) for credential, _ in clients]
        assert [each["owners"] for (each,) in seen] == [[first.account_id], [second.account_id]]


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
