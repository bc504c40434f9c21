"""Orders over HTTP, as one tenant sees them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Tenant

FULL: dict[str, Any] = {
    "orderReference": 'INV 1/;"é',
    "recipient": {
        "address": {
            "fullName": "Ada Mary Fenwick",
            "companyName": "Fenwick & Co",
            "addressLine1": "14 Tide Street",
            "addressLine2": "Upper Quay",
            "addressLine3": "Old Town",
            "city": "Whitby",
            "county": "North Yorkshire",
            "postcode": "YO21 3PU",
            "countryCode": "GB",
        },
        "phoneNumber": "07700 900123",
        "emailAddress": "ada@example.org",
    },
    "sender": {"tradingName": "Tide Prints"},
    "billing": {
        "address": {"fullName": "Noor Rahimi", "addressLine1": "2 Kiln Yard", "city": "Stoke", "countryCode": "GB"},
        "phoneNumber": "07700 900456",
        "emailAddress": "noor@example.org",
    },
    "packages": [
        {
            "weightInGrams": 250,
            "packageFormatIdentifier": "smallParcel",
            "contents": [
                {
                    "name": "Sea chart",
                    "SKU": "CHART-7",
                    "quantity": 3,
                    "unitValue": 5.17,
                    "unitWeightInGrams": 80,
                    "customsCode": "490599",
                }
            ],
        }
    ],
    "orderDate": "2026-11-24T10:00:00+01:00",
    "specialInstructions": "Leave with the harbour master",
    "subtotal": 15.51,
    "shippingCostCharged": 3.6,
    "total": 19.11,
    "currencyCode": "GBP",
    "postageDetails": {
        "serviceCode": "TPN24",
        "carrierName": "Royal Mail OBA",
        "receiveEmailNotification": True,
        "department": "Charts",
        "AIRNumber": "AIR-9",
        "requiresExportLicense": False,
        "commercialInvoiceNumber": "CI-4",
        "commercialInvoiceDate": "2026-11-23T00:00:00Z",
    },
    "tags": [{"key": "shelf", "value": "B4"}],
}


def test_all_that_is_sent_is_shown_in_full(tenant: Tenant) -> None:
    """Whatever the details have a place for comes back as it was sent."""
    (made,) = tenant.create(FULL)
    (shown,) = tenant.http.get(f"/orders/{made['orderIdentifier']}/full").json()
    assert shown["shippingInfo"] == {
        "firstName": "Ada",
        "lastName": "Mary Fenwick",
        "companyName": "Fenwick & Co",
        "addressLine1": "14 Tide Street",
        "addressLine2": "Upper Quay",
        "addressLine3": "Old Town",
        "city": "Whitby",
        "county": "North Yorkshire",
        "postcode": "YO21 3PU",
        "countryCode": "GB",
        "phoneNumber": "07700 900123",
        "emailAddress": "ada@example.org",
    }
    assert shown["billingInfo"]["lastName"] == "Rahimi"
    assert shown["billingInfo"]["emailAddress"] == "noor@example.org"
    assert shown["orderLines"] == [
        {
            "SKU": "CHART-7",
            "name": "Sea chart",
            "quantity": 3,
            "unitValue": 5.17,
            "lineTotal": 15.51,
            "customsCode": "490599",
        }
    ]
    expected = {
        "orderStatus": "new",
        "tradingName": "Tide Prints",
        "department": "Charts",
        "AIRNumber": "AIR-9",
        "requiresExportLicense": False,
        "commercialInvoiceNumber": "CI-4",
        "commercialInvoiceDate": "2026-11-23T00:00:00Z",
        "orderReference": FULL["orderReference"],
        "specialInstructions": "Leave with the harbour master",
        "subtotal": 15.51,
        "shippingCostCharged": 3.6,
        "total": 19.11,
        "weightInGrams": 250,
        "packageSize": "smallParcel",
        "currencyCode": "GBP",
        "orderDate": "2026-11-24T09:00:00Z",
        "tags": [{"key": "shelf", "value": "B4"}],
    }
    assert expected.items() <= {key: value for key, value in shown.items() if key in expected}.items()
    assert shown["shippingDetails"]["serviceCode"] == "TPN24"
    assert shown["shippingDetails"]["shippingCarrier"] == "Royal Mail OBA"


def test_sender_is_the_account_unless_the_order_says_otherwise(tenant: Tenant) -> None:
    """The trading name is the account's own by default."""
    (made,) = tenant.create(order())
    assert tenant.http.get(f"/orders/{made['orderIdentifier']}/full").json()[0]["tradingName"] == tenant.name


def test_any_reference_finds_its_order(tenant: Tenant) -> None:
    """A reference with slashes, semicolons, quotes and letters from elsewhere is found by its own name."""
    (made,) = tenant.create(FULL)
    inner = quote(f'"{quote(FULL["orderReference"])}"', safe="")
    (other,) = tenant.create(order("plain"))
    found = tenant.http.get(f"/orders/{inner}%3B{other['orderIdentifier']}").json()
    assert [each["orderIdentifier"] for each in found] == [made["orderIdentifier"], other["orderIdentifier"]]


def test_batch_makes_what_it_can(tenant: Tenant) -> None:
    """Each order of a batch stands for itself: one that is refused is sent back with its reason."""
    tenant.create(order("taken"))
    orders = [order("good"), order("taken"), order("good"), order("bad", postageDetails={"serviceCode": "NONE"})]
    answer = tenant.http.post("/orders", json={"items": orders}).json()
    assert (answer["successCount"], answer["errorsCount"]) == (1, 3)
    assert [failed["order"]["orderReference"] for failed in answer["failedOrders"]] == ["taken", "good", "bad"]
    assert answer["failedOrders"][2]["errors"] == [
        {
            "errorCode": 2,
            "errorMessage": "There is no service with this code.",
            "fields": [{"fieldName": "postageDetails.serviceCode", "value": "NONE"}],
        }
    ]
    assert answer["failedOrders"][0]["order"] == orders[1] | {"subtotal": 10.35}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"postageDetails": {"serviceCode": "OLP1"}}, 3),
        ({"postageDetails": {"serviceCode": "OTA"}}, 3),
        ({"recipient": {}}, 4),
        ({"recipient": {"addressBookReference": "nobody"}}, 5),
        ({"packages": [{"weightInGrams": 1, "packageFormatIdentifier": "letter", "contents": [{"quantity": 1}]}]}, 6),
        (
            {
                "packages": [
                    {"weightInGrams": 1, "packageFormatIdentifier": "letter", "contents": [{"quantity": 1, "SKU": "?"}]}
                ]
            },
            7,
        ),
        ({"packages": [{"weightInGrams": 101, "packageFormatIdentifier": "letter"}]}, 9),
    ],
)
def test_reasons_of_refusal(tenant: Tenant, fields: dict[str, Any], code: int) -> None:
    """What makes no sense for the account is refused, order by order, with a code of its own."""
    answer = tenant.http.post("/orders", json={"items": [order() | fields]})
    assert answer.status_code == 200
    assert [error["errorCode"] for error in answer.json()["failedOrders"][0]["errors"]] == [code]


def test_saved_addresses_and_products(tenant: Tenant, neighbour: Tenant) -> None:
    """A later order names a saved address and a saved product; another tenant's order cannot."""
    saved = order("first", packages=FULL["packages"])
    saved["recipient"]["addressBookReference"] = "ada"
    named = order("second") | {"recipient": {"addressBookReference": "ada"}}
    named["packages"] = [
        {
            "weightInGrams": 250,
            "packageFormatIdentifier": "smallParcel",
            "contents": [{"SKU": "CHART-7", "quantity": 2}],
        }
    ]
    tenant.create(saved)
    (made,) = tenant.create(named)
    (shown,) = tenant.http.get(f"/orders/{made['orderIdentifier']}/full").json()
    assert shown["shippingInfo"]["addressLine1"] == "14 Tide Street"
    assert shown["orderLines"][0]["name"] == "Sea chart"
    refused = neighbour.http.post("/orders", json={"items": [named]}).json()["failedOrders"][0]["errors"]
    assert [error["errorCode"] for error in refused] == [5, 7]


def test_references_belong_to_their_tenant(tenant: Tenant, neighbour: Tenant) -> None:
    """Two tenants use one reference, and each finds its own order by it; a deleted order frees its reference."""
    (ours,), (theirs,) = tenant.create(order("INV-1")), neighbour.create(order("INV-1"))
    assert ours["orderIdentifier"] != theirs["orderIdentifier"]
    assert tenant.http.get('/orders/"INV-1"').json()[0]["orderIdentifier"] == ours["orderIdentifier"]
    assert neighbour.http.get('/orders/"INV-1"').json()[0]["orderIdentifier"] == theirs["orderIdentifier"]
    tenant.http.delete('/orders/"INV-1"')
    tenant.create(order("INV-1"))
    assert neighbour.http.get('/orders/"INV-1"').json()[0]["orderIdentifier"] == theirs["orderIdentifier"]


def test_pages_cover_the_list(tenant: Tenant) -> None:
    """Page by page, newest first, every order shows exactly once, also while orders come and go."""
    made = [each["orderIdentifier"] for each in tenant.create(*(order() for _ in range(7)))]
    first = tenant.http.get("/orders", params={"pageSize": 3}).json()
    tenant.create(order())
    tenant.http.delete(f"/orders/{made[4]}")
    rest, token = [], first["continuationToken"]
    while token is not None:
        page = tenant.http.get("/orders", params={"pageSize": 3, "continuationToken": token}).json()
        rest += page["orders"]
        token = page.get("continuationToken")
    assert [each["orderIdentifier"] for each in first["orders"] + rest] == made[::-1]


def test_lists_filter_by_date(tenant: Tenant) -> None:
    """A list holds what was made between its dates, both included."""
    one, two, three = tenant.create(order(), order(), order())
    bounds = {"startDateTime": two["createdOn"], "endDateTime": two["createdOn"]}
    assert [o["orderIdentifier"] for o in tenant.http.get("/orders", params=bounds).json()["orders"]] == [
        two["orderIdentifier"]
    ]
    after = tenant.http.get("/orders/full", params={"startDateTime": two["createdOn"]}).json()["orders"]
    assert [o["orderIdentifier"] for o in after] == [three["orderIdentifier"], two["orderIdentifier"]]
    assert one["createdOn"] < two["createdOn"]


def test_tokens_are_their_tenants(tenant: Tenant, neighbour: Tenant) -> None:
    """A continuation token of another tenant is refused, as is one that nobody gave out."""
    tenant.create(order(), order())
    token = tenant.http.get("/orders", params={"pageSize": 1}).json()["continuationToken"]
    for http, text in ((neighbour.http, token), (tenant.http, token + "x"), (tenant.http, "")):
        answer = http.get("/orders", params={"continuationToken": text})
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidContinuationToken")


def test_delete_tells_what_it_did(tenant: Tenant, neighbour: Tenant) -> None:
    """Deleting answers what is gone and what was not there; another tenant's orders are not there."""
    (ours,), (theirs,) = tenant.create(order("a")), neighbour.create(order("b"))
    identifiers = f'{theirs["orderIdentifier"]};{ours["orderIdentifier"]};"b"'
    answer = tenant.http.delete(f"/orders/{identifiers}").json()
    assert [each["orderIdentifier"] for each in answer["deletedOrders"]] == [ours["orderIdentifier"]]
    assert [each.get("orderIdentifier", each.get("orderReference")) for each in answer["errors"]] == [
        theirs["orderIdentifier"],
        "b",
    ]
    assert tenant.http.delete(f"/orders/{theirs['orderIdentifier']}").status_code == 404
    assert neighbour.http.get(f"/orders/{theirs['orderIdentifier']}").status_code == 200


def test_statuses(tenant: Tenant, neighbour: Tenant) -> None:
    """Statuses are set order by order; what cannot be set is said, and another tenant's order does not exist."""
    (one, two), (theirs,) = tenant.create(order("a"), order("b")), neighbour.create(order("c"))
    changes = [
        {"orderIdentifier": one["orderIdentifier"], "status": "despatched"},
        {"orderReference": "b", "status": "despatchedByOtherCourier", "trackingNumber": "X1"},
        {"orderReference": "b", "orderIdentifier": two["orderIdentifier"], "status": "new"},
        {"orderIdentifier": theirs["orderIdentifier"], "status": "despatched"},
        {"orderReference": "a"},
        {
            "orderReference": "b",
            "status": "despatchedByOtherCourier",
            "trackingNumber": "X1",
            "despatchDate": "2026-11-24T12:00:00Z",
            "shippingCarrier": "Other",
            "shippingService": "Next day",
        },
    ]
    answer = tenant.http.put("/orders/status", json={"items": changes}).json()
    assert [(o["orderReference"], o["status"]) for o in answer["updatedOrders"]] == [
        ("a", "despatched"),
        ("b", "despatchedByOtherCourier"),
    ]
    assert [error["code"] for error in answer["errors"]] == [
        "IncompleteDespatch",
        "AmbiguousOrder",
        "NotFound",
        "StatusMissing",
    ]
    (shown,) = tenant.http.get('/orders/"b"/full').json()
    assert shown["shippingDetails"]["trackingNumber"] == "X1"
    assert shown["shippingDetails"]["shippingCarrier"] == "Other"
    assert "shippedOn" not in neighbour.http.get('/orders/"c"').json()[0]


def test_label_comes_with_the_order(tenant: Tenant) -> None:
    """An order can be made with its label, and with what goes along with it."""
    abroad = order("abroad", postageDetails={"serviceCode": "OTA"})
    abroad["recipient"]["address"]["countryCode"] = "DE"
    abroad["label"] = {"includeLabelInResponse": True, "includeReturnsLabel": True}
    home = order("home", label={"includeLabelInResponse": False})
    bare = order("bare", label={"includeLabelInResponse": True}, postageDetails={})
    one, two, three = tenant.create(abroad, home, bare)
    assert base64.b64decode(one["label"]).startswith(b"%PDF")
    assert one["generatedDocuments"] == ["postageLabel", "returnsLabel", "CN22"]
    assert one["packages"] == [{"packageNumber": 1, "trackingNumber": one["trackingNumber"]}]
    assert "label" not in two
    assert "printedOn" in two
    assert [error["code"] for error in three["labelErrors"]] == ["ServiceMissing"]
