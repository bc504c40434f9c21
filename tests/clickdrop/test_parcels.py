"""Tracking: what merchants see of their parcels, and what anybody does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clickdrop.domain.orders import TransitionRefused
from clickdrop.domain.parcels import ParcelStatus, happen, new_parcel
from tests.clickdrop.services import Service, Tenant, order

LABELLED = {"includeLabelInResponse": False}
PUBLIC_FIELDS = {"trackingNumber", "status", "events"}


def parcel_of(tenant: Tenant, identifier: int) -> str:
    """Answer the tracking number of an order."""
    (shown,) = tenant.http.get(f"/orders/{identifier}").json()
    number: str = shown["trackingNumber"]
    return number


def test_a_parcels_way(service: Service, tenant: Tenant) -> None:
    """Its merchant and anybody who has its number see the same way from label to door, with times."""
    (made,) = tenant.create(order(label=LABELLED))
    number = parcel_of(tenant, made["orderIdentifier"])
    assert tenant.http.post("/manifests").status_code == 201
    operator = service.operator()
    for status in ("collected", "inTransit", "outForDelivery", "delivered"):
        assert operator.post(f"/parcels/{number}/events", json={"status": status}).json()["status"] == status
    own = service.shop(tenant).get(f"/parcels/{number}").json()
    anybodys = service.client(service.ready["shop_url"]).get(f"/tracking/{number}").json()
    way = ["labelCreated", "manifested", "collected", "inTransit", "outForDelivery", "delivered"]
    assert [event["status"] for event in own["events"]] == way
    assert own == anybodys | {"orderIdentifier": made["orderIdentifier"]}
    times = [event["at"] for event in own["events"]]
    assert times == sorted(times)


def test_anybody_sees_no_name_and_no_address(service: Service, tenant: Tenant) -> None:
    """The public answer has status and times, nothing else, and is kept nowhere; a credential makes no difference."""
    (made,) = tenant.create(order("SECRET-7", recipient="Ada Fenwick", label=LABELLED))
    number = parcel_of(tenant, made["orderIdentifier"])
    public = service.client(service.ready["shop_url"]).get(f"/tracking/{number}")
    assert set(public.json()) == PUBLIC_FIELDS
    assert public.headers["cache-control"] == "private, no-store"
    for told in ("Ada", "Tide", "Whitby", "YO21", "SECRET-7", tenant.name, str(made["orderIdentifier"])):
        assert told not in public.text
    for client in (service.shop(service.tenant()), service.client(service.ready["shop_url"], "Bearer nobody")):
        assert client.get(f"/tracking/{number}").content == public.content


def test_unknown_numbers(service: Service, tenant: Tenant, neighbour: Tenant) -> None:
    """A number that nobody has, one that is none, and to a merchant another's, are answered alike."""
    (made,) = neighbour.create(order(label=LABELLED))
    number = parcel_of(neighbour, made["orderIdentifier"])
    public, own = service.client(service.ready["shop_url"]), service.shop(tenant)
    answers = [public.get(f"/tracking/{each}") for each in ("TT000000000GB", "nonsense", "%C3%A9", "tt000000000gb")]
    answers += [own.get(f"/parcels/{each}") for each in ("TT000000000GB", "nonsense", number)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_void_labels(service: Service, tenant: Tenant) -> None:
    """A parcel whose order is reset or deleted before it is posted is cancelled, and nothing more happens to it."""
    orders = tenant.create(*(order(label=LABELLED) for _ in range(2)))
    numbers = [parcel_of(tenant, each["orderIdentifier"]) for each in orders]
    change = {"orderIdentifier": orders[0]["orderIdentifier"], "status": "new"}
    assert tenant.http.put("/orders/status", json={"items": [change]}).status_code == 200
    assert tenant.http.delete(f"/orders/{orders[1]['orderIdentifier']}").status_code == 200
    for number in numbers:
        assert service.shop(tenant).get(f"/parcels/{number}").json()["status"] == "cancelled"
        answer = service.operator().post(f"/parcels/{number}/events", json={"status": "collected"})
        assert (answer.status_code, answer.json()["code"]) == (400, "ParcelEventNotPossible")


def test_parcels_page_by_page(service: Service, tenant: Tenant) -> None:
    """The list of parcels is the merchant's own, latest first, each once, and goes on where a page ended."""
    package = {"weightInGrams": 400, "packageFormatIdentifier": "smallParcel"}
    orders = tenant.create(*(order(label=LABELLED, packages=[package] * 2) for _ in range(3)))
    found: list[dict[str, object]] = []
    query = {"pageSize": "4"}
    while True:
        page = service.shop(tenant).get("/parcels", params=query).json()
        found += page["parcels"]
        if "nextBefore" not in page:
            break
        query["before"] = page["nextBefore"]
    identifiers = [each["orderIdentifier"] for each in orders]
    assert sorted(parcel["orderIdentifier"] for parcel in found) == sorted(identifiers * 2)  # type: ignore[type-var]
    assert len({parcel["trackingNumber"] for parcel in found}) == 6


def test_the_operator_says_what_happened(service: Service, tenant: Tenant) -> None:
    """No tenant's key opens the carrier's interface, and what can't be read or can't have happened is refused."""
    (made,) = tenant.create(order(label=LABELLED))
    path = f"/parcels/{parcel_of(tenant, made['orderIdentifier'])}/events"
    assert service.client(service.ready["operator_url"], tenant.key).post(path, json={}).status_code == 401
    operator = service.operator()
    for body in ({}, {"status": "labelCreated"}, {"status": "cancelled"}, {"status": 7}):
        assert operator.post(path, json=body).status_code == 400
    assert operator.post("/parcels/TT000000000GB/events", json={"status": "collected"}).status_code == 404
    assert operator.post(path, json={"status": "delivered"}).status_code == 201
    assert operator.post(path, json={"status": "inTransit"}).status_code == 400


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ParcelStatus.LABEL_CREATED),
        ((ParcelStatus.MANIFESTED,), ParcelStatus.CANCELLED),
        ((ParcelStatus.CANCELLED,), ParcelStatus.COLLECTED),
        ((ParcelStatus.DELIVERED,), ParcelStatus.CANCELLED),
        ((ParcelStatus.IN_TRANSIT,), ParcelStatus.COLLECTED),
    ],
)
def test_what_cannot_follow(before: tuple[ParcelStatus, ...], after: ParcelStatus) -> None:
    """A parcel goes forwards only, and one that has left is not cancelled."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    parcel = new_parcel("TT000000000GB", 1, now)
    for status in before:
        parcel = happen(parcel, status, now)
    with pytest.raises(TransitionRefused):
        happen(parcel, after, now)
