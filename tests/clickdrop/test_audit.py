"""The audit log: whose orders a credential was shown, and whose contacts."""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.domain.audit import owner_at
from tests.clickdrop.services import order, running, text_of, until
from tests.clickdrop.test_shipping_api import PARTY

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.clickdrop.services import Service, Tenant

LABELLED = {"includeLabelInResponse": False}
MARK, MARKED_CONTACT, REFERENCES = "Zebedee Quill", "Prudence Contact", "INV-AUDIT"
RETURN = {"service": {"serviceCode": "TSN"}, "shipment": {"shippingAddress": PARTY, "returnAddress": PARTY}}


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


class Watch:
    """Holds that what answers show of a tenant's orders and contacts is what the log says of a credential, and no more.

    Orders are known by their identifiers and tracking numbers, by `MARK` and by `REFERENCES`; contacts by
    `MARKED_CONTACT`.
    """

    def __init__(self, service: Service, tenant: Tenant, credential: str) -> None:
        self._service = service
        self._tenant = tenant
        self._credential = credential
        self._known: dict[str, int] = {}

    def logged(self, ask: Callable[[], httpx.Response]) -> set[str]:
        """Ask for something that is answered, and answer which operations the log says have shown what it shows."""
        self._learn()
        start = datetime.now(UTC)
        answer = ask()
        found = reads(self._service, self._credential, start, datetime.now(UTC))
        assert answer.status_code < 400, answer.text
        self._learn()
        text, asked = _text(answer), str(answer.request.url)
        # What names an order in the question shows nothing in the answer.
        named = {self._known[each] for each in re.findall(r"\w+", text) if each in self._known and each not in asked}
        orders = {order for each in found for order in each["orders"]}
        contacts = [contact for each in found for contact in each["contacts"]]
        assert named <= orders, (asked, named, found)
        assert bool(orders) == bool(named or MARK in text or REFERENCES in text), (asked, found)
        assert bool(contacts) == (MARKED_CONTACT in text), (asked, found)
        assert {owner for each in found for owner in each["owners"]} <= {self._tenant.account_id}
        assert all(contact["owner"] == self._tenant.account_id for contact in contacts)
        return {each["operation"] for each in found}

    def _learn(self) -> None:
        for each in self._tenant.http.get("/orders", params={"pageSize": "100"}).json()["orders"]:
            names = (each["orderIdentifier"], each.get("trackingNumber"))
            self._known |= {str(name): each["orderIdentifier"] for name in names if name}


def _text(answer: httpx.Response) -> str:
    """Read all of an answer that can name something of a tenant's."""
    head = " ".join(answer.headers.get(name, "") for name in ("location", "content-disposition"))
    if answer.content.startswith(b"%PDF"):
        return f"{head} {text_of(answer.content)}"
    printed = (b64decode(each) for each in re.findall('"(JVBERi[A-Za-z0-9+/=]+)"', answer.text))
    return " ".join((head, answer.text, *map(text_of, printed)))


def test_every_way_to_see_an_order(service: Service) -> None:
    """Whatever operation of the described APIs shows an order, the log says which credential saw whose."""
    tenant = service.tenant()
    made, waiting, other, last = tenant.create(
        order("INV-AUDIT-1", recipient=MARK, label=LABELLED),
        *(order(f"INV-AUDIT-{number}", recipient=MARK) for number in (2, 3, 4)),
    )
    identifier, unpaid, spare = (each["orderIdentifier"] for each in (made, waiting, other))
    credential, http = issued(service, tenant.account_id)
    shop = service.client(service.ready["shop_url"], http.headers["Authorization"])
    number = tenant.http.get(f"/orders/{identifier}").json()[0]["trackingNumber"]
    manifest = tenant.http.post("/manifests", json={}).json()["manifestNumber"]
    ids = {"orderIdentifiers": [identifier]}
    job = shop.post("/jobs/labels", json=ids).json()["jobId"]
    until(lambda: shop.get(f"/jobs/{job}").json()["status"] == "done", "the labels are printed")
    body = {"orderIdentifiers": [unpaid], "paymentToken": "tok_visa"}
    key = {"Idempotency-Key": "audit"}
    checkout = service.shop(tenant).post("/checkouts", json=body, headers=key).json()["checkoutId"]
    despatched = {"items": [{"orderReference": "INV-AUDIT-3", "status": "despatched"}]}
    label = {"documentType": "despatchNote"}
    tenant.create(order("INV-AUDIT-5", recipient=MARK, label=LABELLED))
    asks: dict[str, Callable[[], httpx.Response]] = {
        "GetVersionAsync": lambda: http.get("/version"),
        "GetCarriersAsync": lambda: http.get("/carriers"),
        "CreateOrdersAsync": lambda: http.post("/orders", json={"items": [order("INV-AUDIT-6")]}),
        "GetOrdersAsync": lambda: http.get("/orders"),
        "GetOrdersWithDetailsAsync": lambda: http.get("/orders/full"),
        "UpdateOrdersStatusAsync": lambda: http.put("/orders/status", json=despatched),
        "GetSpecificOrdersWithDetailsAsync": lambda: http.get(f"/orders/{identifier}/full"),
        "GetSpecificOrdersAsync": lambda: http.get(f"/orders/{identifier}"),
        "GetOrdersLabelAsync": lambda: http.get(f"/orders/{identifier}/label", params=label),
        "GetManifestAsync": lambda: http.get(f"/manifests/{manifest}"),
        "RetryManifestAsync": lambda: http.post(f"/manifests/retry/{manifest}"),
        "CreateReturnAsync": lambda: http.post("/returns", json=RETURN),
        "GetReturnServicesAsync": lambda: http.get("/returns/services"),
        "GetBasket": lambda: shop.get("/basket"),
        "QuotePostage": lambda: shop.post("/quotes", json={"orderIdentifiers": [spare]}),
        "CreateCheckout": lambda: shop.post("/checkouts", json=body, headers=key),
        "GetPayments": lambda: shop.get("/checkouts"),
        "GetCheckout": lambda: shop.get(f"/checkouts/{checkout}"),
        "GetReceipt": lambda: shop.get(f"/checkouts/{checkout}/receipt"),
        "GetInvoice": lambda: shop.get(f"/checkouts/{checkout}/invoice"),
        "GetCheckoutLabels": lambda: shop.get(f"/checkouts/{checkout}/labels"),
        "RefundCheckout": lambda: shop.post(f"/checkouts/{checkout}/refund"),
        "GetParcels": lambda: shop.get("/parcels"),
        "GetParcel": lambda: shop.get(f"/parcels/{number}"),
        "TrackParcel": lambda: shop.get(f"/tracking/{number}"),
        "ExportOrders": lambda: shop.post("/jobs/exports", json={"format": "csv"}),
        "PrintManyLabels": lambda: shop.post("/jobs/labels", json=ids),
        "GetJob": lambda: shop.get(f"/jobs/{job}"),
        "GetJobFile": lambda: shop.get(f"/jobs/{job}/file"),
        "ManifestEligibleAsync": lambda: http.post("/manifests"),
        "DeleteOrdersAsync": lambda: http.delete(f"/orders/{last['orderIdentifier']}"),
    }
    described = [http.get("/openapi.json").json(), shop.get("/openapi.json").json()]
    paths = (path for each in described for path in each["paths"].values())
    assert {operation["operationId"] for path in paths for operation in path.values()} == set(asks)
    watch = Watch(service, tenant, credential)
    for operation, ask in asks.items():
        assert watch.logged(ask) <= {operation}, operation


def test_refusals_that_tell_of_orders(service: Service) -> None:
    """Who is refused something for how an order is has seen that order; who names one that is not there has not."""
    tenant = service.tenant()
    bare, labelled = tenant.create(
        order("INV-AUDIT-1", recipient=MARK, postageDetails={}), order("INV-AUDIT-2", recipient=MARK, label=LABELLED)
    )
    assert tenant.http.post("/manifests", json={}).status_code == 201
    bare_id, labelled_id = bare["orderIdentifier"], labelled["orderIdentifier"]
    credential, http = issued(service, tenant.account_id)
    shop = service.client(service.ready["shop_url"], http.headers["Authorization"])

    def shown(answer: httpx.Response, status: int) -> list[list[int]]:
        assert answer.status_code == status, answer.text
        return [each["orders"] for each in reads(service, credential, start, datetime.now(UTC))]

    def statuses(*items: dict[str, Any]) -> httpx.Response:
        return http.put("/orders/status", json={"items": items})

    start = datetime.now(UTC)
    label = f'/orders/"INV-AUDIT-1";{labelled_id}/label?documentType=postageLabel&includeReturnsLabel=false'
    seen = [[bare_id]]
    assert shown(http.get(label), 400) == seen
    seen += [[bare_id]]
    assert shown(shop.post("/jobs/labels", json={"orderIdentifiers": [bare_id, labelled_id]}), 400) == seen
    seen += [[labelled_id]]
    assert shown(shop.post("/quotes", json={"orderIdentifiers": [labelled_id]}), 400) == seen
    seen += [[labelled_id]]
    reset = {"orderReference": "INV-AUDIT-2", "status": "new"}
    assert shown(statuses(reset, {"orderIdentifier": 1, "status": "new"}, {"orderIdentifier": bare_id}), 200) == seen
    assert shown(shop.post("/quotes", json={"orderIdentifiers": [1]}), 404) == seen


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


@pytest.mark.parametrize(("hour", "owner"), [(9, "A"), (10, "A"), (11, "A"), (12, "B"), (13, "B")])
def test_whose_an_order_was(hour: int, owner: str) -> None:
    """An order is the last one's who had made it by then, and the first one's at a time before there was one."""
    day = datetime(2026, 11, 24, tzinfo=UTC)
    makers = [(day + timedelta(hours=12), "B"), (day + timedelta(hours=10), "A")]
    assert owner_at(makers, day + timedelta(hours=hour)) == owner
    assert owner_at([], day) is None


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
