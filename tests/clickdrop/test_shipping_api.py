"""Labels, manifests, returns and carriers over HTTP."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service, Tenant

LABEL = {"documentType": "postageLabel", "includeReturnsLabel": "false"}
PARTY = {
    "firstName": "Ada",
    "lastName": "Fenwick",
    "addressLine1": "14 Tide Street",
    "city": "Whitby",
    "postcode": "YO21 3PU",
    "country": "United Kingdom",
    "countryIsoCode": "GBR",
}


def test_label_generates_what_it_prints(tenant: Tenant) -> None:
    """Printing a label generates it: the order has the tracking number that the label says, and keeps it."""
    (made,) = tenant.create(order("INV-1", recipient="Ada Fenwick"))
    path = f"/orders/{made['orderIdentifier']}"
    label = tenant.http.get(f"{path}/label", params=LABEL)
    assert label.headers["content-type"] == "application/pdf"
    number = tenant.http.get(path).json()[0]["trackingNumber"]
    text = text_of(label.content)
    assert "Ada Fenwick" in text
    assert tenant.name in text
    assert number.replace(" ", "") in text.replace(" ", "")
    assert tenant.http.get(f"{path}/label", params=LABEL).content == label.content


def test_labels_of_several_orders(tenant: Tenant) -> None:
    """Several orders come in one file, in their order, each with its own recipient."""
    tenant.create(order("a", recipient="Ada Fenwick"), order("b", recipient="Noor Rahimi"))
    text = text_of(tenant.http.get('/orders/"b";"a"/label', params=LABEL).content)
    assert text.index("Ada Fenwick") < text.index("Noor Rahimi")


def test_a_new_label_after_a_reset(tenant: Tenant) -> None:
    """An order that was set to new gets another tracking number, and its new label shows it."""
    (made,) = tenant.create(order("a", label={"includeLabelInResponse": True}))
    tenant.http.put("/orders/status", json={"items": [{"orderReference": "a", "status": "new"}]})
    assert "trackingNumber" not in tenant.http.get('/orders/"a"').json()[0]
    label = tenant.http.get('/orders/"a"/label', params=LABEL).content
    number = tenant.http.get('/orders/"a"').json()[0]["trackingNumber"]
    assert number != made["trackingNumber"]
    assert label != base64.b64decode(made["label"])


def test_other_papers(tenant: Tenant) -> None:
    """Despatch notes are for all orders, customs declarations for those that go abroad."""
    abroad = order("abroad", postageDetails={"serviceCode": "OTA"})
    abroad["recipient"]["address"]["countryCode"] = "DE"
    tenant.create(abroad, order("home"))
    for document in ("despatchNote", "CN22", "CN23"):
        paper = tenant.http.get('/orders/"abroad"/label', params={"documentType": document})
        assert paper.content.startswith(b"%PDF")
    refused = tenant.http.get('/orders/"home"/label', params={"documentType": "CN22"})
    assert (refused.status_code, refused.json()[0]["code"]) == (400, "NoCustomsDeclaration")


def test_label_needs_a_service(tenant: Tenant) -> None:
    """An order without a service has no label, and neither have the others of the same request."""
    without, other = tenant.create(order("without", postageDetails={}), order("other"))
    answer = tenant.http.get('/orders/"without";"other"/label', params=LABEL)
    assert answer.status_code == 400
    assert [error["accountOrderNumber"] for error in answer.json()] == [without["orderIdentifier"]]
    assert "trackingNumber" not in tenant.http.get(f"/orders/{other['orderIdentifier']}").json()[0]


def test_label_parameters(tenant: Tenant) -> None:
    """documentType must be a known one, and a postage label says whether it brings a returns label."""
    tenant.create(order("a"))
    for query in ({}, {"documentType": "poster"}, {"documentType": "postageLabel"}, LABEL | {"includeCN": "maybe"}):
        answer = tenant.http.get('/orders/"a"/label', params=query)
        assert answer.status_code == 400
        assert isinstance(answer.json(), list)


def test_manifest_takes_all_that_waits(tenant: Tenant, neighbour: Tenant) -> None:
    """A manifest takes the tenant's labelled orders, once, and nobody else's."""
    wish = {"includeLabelInResponse": False}
    tenant.create(order("a", label=wish), order("b", label=wish), order("unlabelled"))
    neighbour.create(order("theirs", label=wish))
    tenant.http.put("/orders/status", json={"items": [{"orderReference": "b", "status": "despatched"}]})
    made = tenant.http.post("/manifests", json={"carrierName": "Royal Mail OBA"})
    assert made.status_code == 201
    text = text_of(base64.b64decode(made.json()["documentPdf"]))
    assert tenant.name in text
    assert "theirs" not in text
    assert "manifestedOn" in tenant.http.get('/orders/"a"').json()[0]
    assert "manifestedOn" not in tenant.http.get('/orders/"unlabelled"').json()[0]
    assert "manifestedOn" not in neighbour.http.get('/orders/"theirs"').json()[0]
    again = tenant.http.post("/manifests")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "NoEligibleOrders")


def test_manifests_are_read_again(tenant: Tenant, neighbour: Tenant) -> None:
    """A manifest can be read and retried by its tenant; for another it does not exist."""
    tenant.create(order(label={"includeLabelInResponse": False}))
    made = tenant.http.post("/manifests").json()
    number = made["manifestNumber"]
    assert tenant.http.get(f"/manifests/{number}").json() == made | {"status": "Completed"}
    retried = tenant.http.post(f"/manifests/retry/{number}")
    assert (retried.status_code, retried.json()) == (201, made)
    for answer in (neighbour.http.get(f"/manifests/{number}"), neighbour.http.post(f"/manifests/retry/{number}")):
        assert answer.status_code == 404


@pytest.mark.parametrize("carrier", ["Royal Mail OLP", ""])
def test_manifest_is_for_an_own_carrier(tenant: Tenant, carrier: str) -> None:
    """A carrier that the account does not have is refused."""
    answer = tenant.http.post("/manifests", json={"carrierName": carrier})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "UnknownCarrier")


def test_return(tenant: Tenant) -> None:
    """A return has a number, a label from the customer to the shop, and a QR code."""
    shop = PARTY | {"companyName": "Tide Prints", "addressLine1": "2 Kiln Yard"}
    body = {
        "service": {"serviceCode": "TSN"},
        "shipment": {"shippingAddress": PARTY, "returnAddress": shop, "customerReference": {"reference": "RET-1"}},
    }
    made = tenant.http.post("/returns", json=body).json()
    text = text_of(base64.b64decode(made["label"]))
    assert "Tide Prints" in text
    assert "RET-1" in text
    assert base64.b64decode(made["qrCode"]).startswith(b"\x89PNG")
    assert made["shipment"]["trackingNumber"].endswith("GB")
    body["service"] = {"serviceCode": "NONE"}
    refused = tenant.http.post("/returns", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "UnknownService")


def test_return_services_are_shared(tenant: Tenant, neighbour: Tenant) -> None:
    """Everybody is offered the same services for returns."""
    services = tenant.http.get("/returns/services").json()
    assert {each["serviceCode"] for each in services["services"]} == {"TSN", "TSS"}
    assert neighbour.http.get("/returns/services").json() == services


def test_carriers_are_the_accounts_own(tenant: Tenant, neighbour: Tenant) -> None:
    """Carriers of equal names have identifiers of their own in each account."""
    (ours,), (theirs,) = tenant.http.get("/carriers").json(), neighbour.http.get("/carriers").json()
    assert ours["carrierName"] == theirs["carrierName"] == "Royal Mail OBA"
    assert ours["carrierGuid"] != theirs["carrierGuid"]


def test_version_needs_no_key(service: Service) -> None:
    """Anybody may ask for the version."""
    assert "releaseDate" in service.client(service.url).get("/version").json()
