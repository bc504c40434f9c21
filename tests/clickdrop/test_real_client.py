"""The real client, click_and_drop_api as it is published, against the service."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import click_and_drop_api as generated
import pytest
from click_and_drop_api import exceptions, simple

from tests.clickdrop.services import Service, Tenant, order, running, text_of

WITH_LABEL = {"includeLabelInResponse": True, "includeCN": False, "includeReturnsLabel": False}
OTHER_KEY = "00000000-0000-4000-8000-000000000000"
AWKWARD_REFERENCES = ("INV 1", "50% off", "shop/7/a", "a;b", "%20", "#1?x=y&z+1", "Grüße, 東京")


@dataclass(frozen=True)
class Client:
    """Both layers of the real client, with the same key.

    Untyped, since its models make nearly every field optional: what is there is what the tests are about.
    """

    simple: Any
    orders: Any
    labels: Any
    manifests: Any
    returns: Any
    carriers: Any


Connect: TypeAlias = Callable[..., Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Answer what makes clients; their connections are closed after the test."""
    with ExitStack() as closing:

        def make(url: str, key: str, prefix: str | None = None) -> Client:
            class Local(simple.ClickAndDrop):
                host = url

            shop = Local(key)
            configuration = generated.Configuration(host=url, api_key={"Bearer": key})
            if prefix is not None:
                configuration.api_key_prefix["Bearer"] = prefix
            api = generated.ApiClient(configuration)
            for used in (shop._api_client, api):
                closing.callback(used.rest_client.pool_manager.clear)
            return Client(
                shop,
                generated.OrdersApi(api),
                generated.LabelsApi(api),
                generated.ManifestsApi(api),
                generated.ReturnsApi(api),
                generated.CarriersApi(api),
            )

        yield make


@pytest.fixture
def client(connect: Connect, service: Service, tenant: Tenant) -> Client:
    """The client of a new tenant."""
    return connect(service.url, tenant.key)


def sent(reference: str | None = None, **fields: Any) -> simple.CreateOrder:
    """Answer an order as the client's own model."""
    return simple.CreateOrder.model_validate(order(reference, **fields))


def pdf_text(encoded: str) -> str:
    """Read the text of a PDF file in base64."""
    return text_of(base64.b64decode(encoded, validate=True))


def code_of(error: exceptions.ApiException) -> str:
    """Read the code in the error body of a status for which the client has no model."""
    code: str = json.loads(error.body or "")["code"]
    return code


def elements_of(error: exceptions.ApiException) -> set[type]:
    """Answer the client's models of which it has parsed an array in the error body."""
    return {type(element) for element in error.data or ()}


def test_version(client: Client) -> None:
    """The client reads which release answers."""
    version = client.simple.get_version()
    assert version.release == "clickdrop"
    assert version.release_date.tzinfo is not None


@pytest.mark.parametrize("prefix", [None, "Bearer"])
def test_both_ways_to_send_the_key(connect: Connect, service: Service, tenant: Tenant, prefix: str | None) -> None:
    """The key is taken as the client sends it by default, and with the prefix that it can be given."""
    client = connect(service.url, tenant.key, prefix)
    (made,) = tenant.create(order("INV-1"))
    page = client.orders.get_orders_async()
    assert [each.order_identifier for each in page.orders] == [made["orderIdentifier"]]


@pytest.mark.parametrize("kind", ["OBA", "OLP"])
def test_is_oba(connect: Connect, service: Service, kind: str) -> None:
    """The client finds out which kind of account it has, and leaves no order behind."""
    tenant = service.tenant(kind=kind)
    client = connect(service.url, tenant.key)
    assert client.simple.is_oba() is (kind == "OBA")
    assert tenant.identifiers() == []


def test_create_beside_a_failure(client: Client) -> None:
    """Of two orders one is made, with its label; the other comes back with what is wrong with it."""
    good = sent("good", recipient="Ada Fenwick", label=WITH_LABEL)
    bad = sent("bad", recipient="Noor Rahimi", postageDetails={"serviceCode": "OLP1"})
    outcome = client.simple.create_orders([good, bad])
    assert (outcome.success_count, outcome.errors_count) == (1, 1)
    (made,), (failed,) = outcome.created_orders, outcome.failed_orders
    assert made.order_reference == "good"
    assert made.label_errors is None
    text = pdf_text(made.label)
    assert "Ada Fenwick" in text
    assert made.tracking_number.replace(" ", "") in text.replace(" ", "")
    assert failed.order == bad
    (error,) = failed.errors
    assert error.error_message
    assert [field.field_name for field in error.fields] == ["postageDetails.serviceCode"]
    assert [field.value for field in error.fields] == ["OLP1"]


@pytest.mark.parametrize("reference", AWKWARD_REFERENCES)
def test_get_by_identifier_and_by_reference(client: Client, reference: str) -> None:
    """An order is found by its identifier and by its reference, whatever the client has to escape in it."""
    wanted, other = client.simple.create_orders([sent(reference), sent("other")]).created_orders
    by_identifier = client.simple.get_order(wanted.order_identifier)
    by_reference = client.simple.get_order(reference)
    assert by_identifier == by_reference
    assert (by_reference.order_identifier, by_reference.order_reference) == (wanted.order_identifier, reference)
    assert by_reference.created_on == wanted.created_on
    both = client.simple.get_orders([other.order_identifier, reference])
    assert {each.order_identifier for each in both} == {wanted.order_identifier, other.order_identifier}
    (details,) = client.simple.get_orders_details([reference])
    assert details.order_reference == reference
    (deleted,) = client.simple.delete_order(reference).deleted_orders
    assert deleted.order_identifier == wanted.order_identifier
    assert [each.order_identifier for each in client.orders.get_orders_async().orders] == [other.order_identifier]


def test_details(client: Client, tenant: Tenant) -> None:
    """The details show what the client sent, and how far the order is."""
    body = sent(
        "INV-1",
        recipient="Ada Fenwick",
        specialInstructions="Ring twice",
        tags=[{"key": "colour", "value": "teal"}],
        postageDetails={"serviceCode": "TPN24", "department": "Lamps", "AIRNumber": "XI1"},
        packages=[
            {
                "weightInGrams": 400,
                "packageFormatIdentifier": "smallParcel",
                "contents": [{"SKU": "L-1", "name": "Lamp", "quantity": 2, "unitValue": 4.5, "unitWeightInGrams": 150}],
            }
        ],
    )
    (made,) = client.simple.create_order(body).created_orders
    details = client.simple.get_order_details(made.order_identifier)
    assert details.order_reference == "INV-1"
    assert details.order_status == "new"
    assert details.trading_name == tenant.name
    assert details.special_instructions == "Ring twice"
    assert (details.department, details.air_number) == ("Lamps", "XI1")
    assert (details.subtotal, details.shipping_cost_charged, details.total) == (10.35, 1.5, 11.85)
    assert [(tag.key, tag.value) for tag in details.tags] == [("colour", "teal")]
    assert [(line.sku, line.name, line.quantity, line.line_total) for line in details.order_lines] == [
        ("L-1", "Lamp", 2, 9)
    ]
    shipping = details.shipping_info
    assert (shipping.first_name, shipping.last_name, shipping.city) == ("Ada", "Fenwick", "Whitby")
    assert details.order_date == body.order_date


def test_list_by_pages(client: Client) -> None:
    """Page by page the client gets every order once, newest first, in brief and in full."""
    made = client.simple.create_orders([sent(f"INV-{number}") for number in range(7)]).created_orders
    newest_first = sorted((each.order_identifier for each in made), reverse=True)
    for read in (client.orders.get_orders_async, client.orders.get_orders_with_details_async):
        pages: list[list[int]] = []
        token = None
        while token is not None or not pages:
            page = read(page_size=3, continuation_token=token)
            pages.append([each.order_identifier for each in page.orders])
            token = page.continuation_token
        assert pages == [newest_first[:3], newest_first[3:6], newest_first[6:]]


def test_list_between_dates(client: Client) -> None:
    """The client's dates bound when orders were made."""
    (made,) = client.simple.create_order(sent("INV-1")).created_orders
    within = client.orders.get_orders_async(start_date_time=made.created_on, end_date_time=made.created_on)
    before = client.orders.get_orders_async(end_date_time=datetime(2020, 1, 1, tzinfo=UTC))
    assert [each.order_identifier for each in within.orders] == [made.order_identifier]
    assert before.orders == []


def test_label(client: Client) -> None:
    """The label is a PDF file for the recipients that were asked for."""
    client.simple.create_orders([sent("a b", recipient="Ada Fenwick"), sent("c/d", recipient="Noor Rahimi")])
    label = client.simple.get_label(["a b", "c/d"], "postageLabel", include_returns_label=False, include_cn=False)
    text = text_of(bytes(label))
    assert "Ada Fenwick" in text
    assert "Noor Rahimi" in text
    note = client.labels.get_orders_label_async('"c%2Fd"', "despatchNote")
    assert "Ada Fenwick" not in text_of(bytes(note))


def test_manifest(client: Client) -> None:
    """The client manifests what has a label, reads the manifest, and retries it."""
    (made,) = client.simple.create_order(sent("INV-1", label=WITH_LABEL)).created_orders
    manifest = client.simple.manifest_orders()
    assert made.tracking_number.replace(" ", "") in text_of(bytes(manifest.pdf)).replace(" ", "")
    shown = client.manifests.get_manifest_async(manifest.manifest_number)
    assert (shown.manifest_number, shown.status) == (manifest.manifest_number, "Completed")
    retried = client.manifests.retry_manifest_async(manifest.manifest_number)
    assert retried.manifest_number == manifest.manifest_number
    assert shown.document_pdf == retried.document_pdf == manifest.document_pdf
    found = client.simple.get_order("INV-1")
    assert found.manifested_on is not None
    assert client.simple.get_order_details("INV-1").order_status == "manifested"


def test_return(client: Client) -> None:
    """The client makes a return by each service that it is offered."""
    party = {
        "firstName": "Ada",
        "lastName": "Fenwick",
        "addressLine1": "14 Tide Street",
        "city": "Whitby",
        "postcode": "YO21 3PU",
        "country": "United Kingdom",
        "countryIsoCode": "GBR",
    }
    shipment = {"shippingAddress": party, "returnAddress": party | {"companyName": "Tide Prints"}}
    services = client.returns.returns_services_get().services
    assert services
    for service in services:
        body = {"service": {"serviceCode": service.service_code}, "shipment": shipment}
        made = client.returns.returns_post(generated.CreateReturnRequest.model_validate(body))
        assert made.shipment.tracking_number
        assert made.shipment.unique_item_id
        assert "Tide Prints" in pdf_text(made.label)
        assert base64.b64decode(made.qr_code, validate=True).startswith(b"\x89PNG")


def test_carriers(client: Client) -> None:
    """The client reads the account's carriers, among them the one that it would manifest for."""
    names = [carrier.carrier_name for carrier in client.carriers.get_carriers_async()]
    assert names == [client.simple.get_default_carrier_name()]


def test_set_status(client: Client) -> None:
    """The client sets states, by identifier and by reference; what cannot be set is told beside what was."""
    one, two = client.simple.create_orders([sent("a b", label=WITH_LABEL), sent("two")]).created_orders
    outcome = client.simple.set_order_status([one.order_identifier, "nowhere"], "despatched")
    assert [(each.order_identifier, each.status) for each in outcome.updated_orders] == [
        (one.order_identifier, "despatched")
    ]
    assert [each.order_reference for each in outcome.errors] == ["nowhere"]
    assert client.simple.get_order("a b").shipped_on is not None
    reset = client.simple.set_order_status("a b", "new")
    assert reset.errors == []
    assert client.simple.get_order("a b").tracking_number is None
    taken = client.simple.update_orders(
        "two",
        status="despatchedByOtherCourier",
        tracking_number="X-1",
        despatch_date=datetime(2026, 11, 25, tzinfo=UTC),
        shipping_carrier="Other",
        shipping_service="Next day",
    )
    assert taken.errors == []
    details = client.simple.get_order_details(two.order_identifier)
    assert details.shipping_details.tracking_number == "X-1"
    assert details.shipping_details.shipping_carrier == "Other"


def test_delete(client: Client) -> None:
    """The client deletes orders; what is not there is told beside what was."""
    one, two = client.simple.create_orders([sent("one"), sent("two")]).created_orders
    outcome = client.simple.delete_orders([one.order_identifier, "two", "three"])
    assert {each.order_identifier for each in outcome.deleted_orders} == {one.order_identifier, two.order_identifier}
    assert [each.order_reference for each in outcome.errors] == ["three"]
    assert client.orders.get_orders_async().orders == []


def test_unauthorized(connect: Connect, service: Service) -> None:
    """A key that nobody holds raises the client's own error for that."""
    stranger = connect(service.url, OTHER_KEY)
    calls: tuple[Callable[[], object], ...] = (
        stranger.orders.get_orders_async,
        stranger.carriers.get_carriers_async,
        stranger.returns.returns_services_get,
        stranger.manifests.manifest_eligible_async,
        lambda: stranger.simple.create_order(sent()),
        lambda: stranger.simple.get_order(1),
        lambda: stranger.simple.delete_order(1),
        lambda: stranger.simple.get_label(1, "despatchNote"),
    )
    for call in calls:
        with pytest.raises(exceptions.UnauthorizedException) as raised:
            call()
        assert raised.value.body == ""


def test_not_found(client: Client, neighbour: Tenant) -> None:
    """What is not there, or is another tenant's, raises the client's own error for that."""
    (theirs,) = neighbour.create(order("theirs"))
    for wanted in (theirs["orderIdentifier"], "theirs"):
        for call in (client.simple.get_order, client.simple.get_order_details, client.simple.delete_order):
            with pytest.raises(exceptions.NotFoundException):
                call(wanted)
        with pytest.raises(exceptions.NotFoundException):
            client.simple.get_label(wanted, "postageLabel", include_returns_label=False)
    for call in (client.manifests.get_manifest_async, client.manifests.retry_manifest_async):
        with pytest.raises(exceptions.NotFoundException):
            call(1_000_000)
    assert neighbour.identifiers() == [theirs["orderIdentifier"]]


def test_bad_request(client: Client) -> None:
    """What cannot be read or carried out raises the client's own error for that, with a body that it can parse."""
    client.simple.create_order(sent("home"))
    with pytest.raises(exceptions.BadRequestException) as unreadable:
        client.orders.get_specific_orders_async("abc")
    assert elements_of(unreadable.value) == {generated.OrderErrorResponse}
    with pytest.raises(exceptions.BadRequestException):
        client.orders.get_specific_orders_async(";".join(str(number) for number in range(1, 102)))
    with pytest.raises(exceptions.BadRequestException) as unsealed:
        client.orders.get_orders_async(continuation_token="forged")
    assert isinstance(unsealed.value.data, generated.ErrorResponse)
    with pytest.raises(exceptions.BadRequestException):
        client.simple.get_label("home", "postageLabel")
    with pytest.raises(exceptions.BadRequestException) as nothing:
        client.manifests.manifest_eligible_async()
    assert isinstance(nothing.value.data, generated.ManifestErrorsResponse)
    with pytest.raises(exceptions.BadRequestException) as too_many:
        client.orders.create_orders_async(generated.CreateOrdersRequest(items=[sent()] * 101))
    assert isinstance(too_many.value.data, generated.ErrorResponse)
    with pytest.raises(exceptions.BadRequestException) as no_integer:
        client.simple.set_order_status(2**31, "new")
    assert elements_of(no_integer.value) == {generated.OrderUpdateError}


def test_forbidden(connect: Connect, service: Service) -> None:
    """What the account does not have raises the client's own error for that."""
    tenant = service.tenant(kind="OLP", channel_shipper=False)
    client = connect(service.url, tenant.key)
    (made,) = client.simple.create_order(sent("INV-1", postageDetails={"serviceCode": "OLP1"})).created_orders
    with pytest.raises(exceptions.ForbiddenException) as refused:
        client.simple.get_label(made.order_identifier, "postageLabel", include_returns_label=False)
    assert code_of(refused.value) == "FeatureNotAvailable"
    for call in (client.simple.manifest_orders, client.orders.get_orders_with_details_async):
        with pytest.raises(exceptions.ForbiddenException):
            call()


def test_too_many_requests(connect: Connect) -> None:
    """Beyond the rate limit a new order raises the client's error with status 429 and the seconds to wait."""
    with running("--rate-limit", "1") as limited:
        client = connect(limited.url, limited.tenant().key)
        with pytest.raises(exceptions.ApiException) as raised:
            for _ in range(20):
                client.simple.create_order(sent())
    assert raised.value.status == 429
    assert raised.value.headers is not None
    assert int(raised.value.headers["Retry-After"]) >= 1
    assert code_of(raised.value) == "TooManyRequests"


def test_waiting_as_told_is_enough(connect: Connect) -> None:
    """The client, which reads again by itself after the seconds that it is told to wait, is then answered."""
    with running("--rate-limit", "1") as limited:
        client = connect(limited.url, limited.tenant().key)
        for _ in range(3):
            assert client.carriers.get_carriers_async()
