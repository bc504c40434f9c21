"""Paying for postage: one charge and one label, or neither, whatever happens in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.clickdrop.providers import KEYS, Provider, providing
from tests.clickdrop.services import STACKS, Service, Tenant, order, running, text_of, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

TPN24 = 3.6
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Shop:
    """A tenant in the shop of a service, and the provider that the service takes its money by."""

    service: Service
    provider: Provider
    tenant: Tenant
    http: httpx.Client

    def order(self, **fields: Any) -> int:
        """Make an order that awaits postage."""
        (made,) = self.tenant.create(order(**fields))
        identifier: int = made["orderIdentifier"]
        return identifier

    def pay(self, key: str, *identifiers: int, token: str = "tok_visa") -> httpx.Response:
        """Check orders out."""
        body = {"orderIdentifiers": identifiers, "paymentToken": token}
        return self.http.post("/checkouts", json=body, headers={"Idempotency-Key": key}, timeout=60)

    def paid(self, *identifiers: int) -> dict[str, Any]:
        """Check orders out, which must succeed."""
        answer = self.pay(f"key of {identifiers}".replace(" ", "-"), *identifiers)
        assert answer.status_code == 201, answer.text
        checkout: dict[str, Any] = answer.json()
        return checkout

    def status(self, checkout_id: str) -> str:
        """Answer how far a checkout has come."""
        found: str = self.http.get(f"/checkouts/{checkout_id}").json()["status"]
        return found

    def numbers(self, identifier: int) -> list[str]:
        """Answer the tracking numbers of an order's parcels."""
        parcels = self.http.get("/parcels", params={"pageSize": 100}).json()["parcels"]
        return [each["trackingNumber"] for each in parcels if each["orderIdentifier"] == identifier]


def is_labelled(shop: Shop, checkout_id: str) -> bool:
    """Tell whether a checkout has its labels."""
    return shop.status(checkout_id) == "labelled"


@pytest.fixture(scope="module", params=STACKS)
def paying(request: pytest.FixtureRequest) -> Iterator[tuple[Service, Provider]]:
    """A service on each stack, with a provider that can be told to misbehave."""
    with providing() as provider, running("--stack", request.param, *provider.options, environment=KEYS) as service:
        yield service, provider


@pytest.fixture
def shop(paying: tuple[Service, Provider]) -> Iterator[Shop]:
    """A new tenant's shop."""
    service, provider = paying
    tenant = service.tenant()
    yield Shop(service, provider, tenant, service.shop(tenant))
    provider.misbehave()


def test_paid_and_labelled(shop: Shop) -> None:
    """What is in the basket is paid for with one charge, and gets its labels; then the basket is empty."""
    two = shop.order(packages=[{"weightInGrams": 400, "packageFormatIdentifier": "smallParcel"}] * 2)
    one = shop.order(orderReference="INV-1")
    basket = shop.http.get("/basket").json()
    assert [each["orderIdentifier"] for each in basket["orders"]] == [one, two]
    assert basket["total"] == pytest.approx(3 * TPN24)
    assert shop.http.post("/quotes", json={"orderIdentifiers": [one]}).json()["total"] == TPN24
    checkout = shop.paid(two, one)
    assert (checkout["status"], checkout["total"]) == ("labelled", pytest.approx(3 * TPN24))
    assert [len(each["trackingNumbers"]) for each in checkout["orders"]] == [2, 1]
    (charge,) = shop.provider.charges_of(checkout["checkoutId"])
    assert (charge["amountPence"], charge["id"]) == (1080, checkout["paymentReference"])
    assert shop.http.get("/basket").json()["orders"] == []
    (shown,) = shop.tenant.http.get(f"/orders/{one}").json()
    assert shown["trackingNumber"] == checkout["orders"][1]["trackingNumbers"][0]


def test_online_accounts_pay_and_print(shop: Shop) -> None:
    """An account that is not invoiced gets its labels by paying, and prints them."""
    tenant = shop.service.tenant(kind="OLP")
    (made,) = tenant.create(order(postageDetails={"serviceCode": "TOLP48"}))
    online = Shop(shop.service, shop.provider, tenant, shop.service.shop(tenant))
    checkout = online.paid(made["orderIdentifier"])
    assert checkout["total"] == 3.35
    labels = online.http.get(f"/checkouts/{checkout['checkoutId']}/labels")
    assert labels.headers["content-type"] == "application/pdf"
    assert checkout["orders"][0]["trackingNumbers"][0] in text_of(labels.content)


def test_papers(shop: Shop) -> None:
    """Receipt and invoice say who paid what for which order, and are there for what was paid alone."""
    identifier = shop.order(orderReference="INV-7")
    checkout = shop.paid(identifier)
    for paper in ("receipt", "invoice"):
        answer = shop.http.get(f"/checkouts/{checkout['checkoutId']}/{paper}")
        text = text_of(answer.content)
        assert answer.headers["content-type"] == "application/pdf"
        assert f'filename="{paper}.pdf"' in answer.headers["content-disposition"]
        for said in (shop.tenant.name, str(checkout["number"]), checkout["paymentReference"], "INV-7", "3.60 GBP"):
            assert said in text
    assert shop.pay("declined", shop.order(), token="tok_declined").status_code == 402
    refused = shop.http.get("/checkouts").json()["checkouts"][0]
    assert refused["status"] == "refused"
    assert shop.http.get(f"/checkouts/{refused['checkoutId']}/receipt").json()["code"] == "NotPaid"
    assert shop.http.get(f"/checkouts/{refused['checkoutId']}/labels").status_code == 404


def test_same_request_again(shop: Shop) -> None:
    """Who asks again under a key is answered the same; who asks for something else under it is refused."""
    identifier, other = shop.order(), shop.order()
    first = shop.pay("k", identifier)
    assert first.status_code == 201
    assert shop.pay("k", identifier).json() == first.json()
    assert shop.pay("k", other).json()["code"] == "IdempotencyKeyReused"
    assert shop.pay("k", identifier, token="tok_other").json()["code"] == "IdempotencyKeyReused"
    assert shop.pay("k", identifier, token="tok_other").status_code == 409
    assert len(shop.provider.charges_of(first.json()["checkoutId"])) == 1


@pytest.mark.parametrize("keys", [["one"] * 6, [f"key-{number}" for number in range(6)]], ids=["one key", "many keys"])
def test_double_clicks(shop: Shop, keys: list[str]) -> None:
    """Of many checkouts of one order at once, by one key or by many, one takes money, and there is one label."""
    identifier = shop.order()
    shop.provider.misbehave(duplicates=0.5, delay_ms_max=30)
    with ThreadPoolExecutor(len(keys)) as pool:
        answers = list(pool.map(lambda key: shop.pay(key, identifier), keys))
    paid = [answer.json() for answer in answers if answer.status_code == 201]
    assert len({each["checkoutId"] for each in paid}) == 1
    assert len(paid) == (len(keys) if len(set(keys)) == 1 else 1)
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert refused <= {"OrderInCheckout", "PostageNotPossible"}
    listed = shop.http.get("/checkouts").json()["checkouts"]
    assert [each["checkoutId"] for each in listed] == [paid[0]["checkoutId"]]
    assert len(shop.provider.charges_of(paid[0]["checkoutId"])) == 1
    assert len(shop.numbers(identifier)) == 1


@pytest.mark.parametrize("fault", ["lost_replies", "lost_requests"])
def test_lost(shop: Shop, fault: str) -> None:
    """A checkout whose charge is not known says so; who asks again gets charge and label, one of each."""
    identifier = shop.order()
    shop.provider.misbehave(**{fault: 1})
    answer = shop.pay("k", identifier)
    assert (answer.status_code, answer.json()["status"]) == (202, "charging")
    assert shop.pay("other", identifier).json()["code"] == "OrderInCheckout"
    assert shop.numbers(identifier) == []
    shop.provider.misbehave()
    settled = shop.pay("k", identifier)
    assert (settled.status_code, settled.json()["status"]) == (201, "labelled")
    assert len(shop.provider.charges_of(answer.json()["checkoutId"])) == 1
    assert len(shop.numbers(identifier)) == 1


def test_settled_without_its_client(shop: Shop) -> None:
    """A checkout that nobody asks for again is settled all the same: its refund, too."""
    identifier = shop.order()
    shop.provider.misbehave(lost_replies=1)
    checkout = shop.pay("k", identifier).json()
    shop.provider.misbehave()
    until(lambda: shop.status(checkout["checkoutId"]) == "labelled", "the job worker settles the checkout")
    shop.provider.misbehave(lost_replies=1)
    answer = shop.http.post(f"/checkouts/{checkout['checkoutId']}/refund")
    assert (answer.status_code, answer.json()["status"]) == (202, "refunding")
    shop.provider.misbehave()
    until(lambda: shop.status(checkout["checkoutId"]) == "refunded", "the job worker settles the refund")
    (charge,) = shop.provider.charges_of(checkout["checkoutId"])
    assert charge["refunded"] is True


def test_declined(shop: Shop) -> None:
    """A card that is declined is told so, again and again; the order has no label and can be paid by another."""
    identifier = shop.order()
    for _ in range(2):
        answer = shop.pay("k", identifier, token="tok_declined")
        assert (answer.status_code, answer.json()["code"]) == (402, "PaymentDeclined")
    assert shop.numbers(identifier) == []
    assert shop.paid(identifier)["status"] == "labelled"


def test_orders_that_go_while_they_are_paid_for(shop: Shop) -> None:
    """Money that was taken for an order that can't have its label any more is given back, once."""
    gone, labelled = shop.order(), shop.order()
    shop.provider.misbehave(lost_replies=1)
    checkouts = [shop.pay(str(each), each).json() for each in (gone, labelled)]
    assert shop.tenant.http.delete(f"/orders/{gone}").status_code == 200
    path = f"/orders/{labelled}/label?documentType=postageLabel&includeReturnsLabel=false"
    assert shop.tenant.http.get(path).status_code == 200
    shop.provider.misbehave()
    for identifier, checkout in zip((gone, labelled), checkouts, strict=True):
        settled = shop.pay(str(identifier), identifier).json()
        assert settled["status"] == "refunded"
        assert str(identifier) in settled["reason"]
        (charge,) = shop.provider.charges_of(checkout["checkoutId"])
        assert charge["refunded"] is True
    assert [len(shop.numbers(each)) for each in (gone, labelled)] == [0, 1]


def test_refund(shop: Shop) -> None:
    """A refund gives the money back once and makes the labels void; the order can be paid for again."""
    identifier = shop.order()
    checkout = shop.paid(identifier)
    path = f"/checkouts/{checkout['checkoutId']}"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.http.post(f"{path}/refund"), range(4)))
    assert {answer.json()["status"] for answer in answers} == {"refunded"}
    (charge,) = shop.provider.charges_of(checkout["checkoutId"])
    assert charge["refunded"] is True
    (number,) = shop.numbers(identifier)
    assert shop.http.get(f"/parcels/{number}").json()["status"] == "cancelled"
    assert shop.http.get(f"{path}/labels").status_code == 404
    assert "Refunded" in text_of(shop.http.get(f"{path}/receipt").content)
    assert shop.pay("again", identifier).json()["status"] == "labelled"
    assert shop.http.post(f"{path}/refund").json()["status"] == "refunded"
    assert len(shop.numbers(identifier)) == 2


def test_no_refund_of_what_is_on_its_way(shop: Shop) -> None:
    """Postage that is spent is not refunded: of orders on a manifest, despatched, or collected though deleted since."""
    manifested, despatched, collected = (shop.paid(shop.order()) for _ in range(3))
    identifiers = [each["orders"][0]["orderIdentifier"] for each in (manifested, despatched, collected)]
    number = collected["orders"][0]["trackingNumbers"][0]
    operator = shop.service.operator()
    assert operator.post(f"/parcels/{number}/events", json={"status": "collected"}).status_code == 201
    assert shop.tenant.http.delete(f"/orders/{identifiers[2]}").status_code == 200
    change = {"orderIdentifier": identifiers[1], "status": "despatched"}
    assert shop.tenant.http.put("/orders/status", json={"items": [change]}).status_code == 200
    assert shop.tenant.http.post("/manifests").status_code == 201
    for checkout in (manifested, despatched, collected):
        answer = shop.http.post(f"/checkouts/{checkout['checkoutId']}/refund")
        assert (answer.status_code, answer.json()["code"]) == (400, "ParcelPosted")
        assert shop.provider.charges_of(checkout["checkoutId"])[0]["refunded"] is False


def test_operator_asks_what_was_charged(shop: Shop) -> None:
    """The operator is told what the provider took for a checkout, and that nothing was for one that there is not."""
    checkout = shop.paid(shop.order())["checkoutId"]
    operator = shop.service.operator()
    (charge,) = shop.provider.charges_of(checkout)
    taken = {"id": charge["id"], "amountPence": int(TPN24 * 100), "refunded": False}
    assert operator.get(f"/checkouts/{checkout}/charges").json() == {"checkoutId": checkout, "charges": [taken]}
    assert shop.http.post(f"/checkouts/{checkout}/refund").status_code == 200
    [taken] = operator.get(f"/checkouts/{checkout}/charges").json()["charges"]
    assert taken["refunded"] is True
    assert operator.get(f"/checkouts/{UNKNOWN}/charges").json()["charges"] == []
    assert shop.http.get(f"/checkouts/{checkout}/charges").status_code == 404


def test_payments_page_by_page(shop: Shop) -> None:
    """The list of payments is newest first, and goes on where a page ended."""
    made = [shop.paid(shop.order())["checkoutId"] for _ in range(3)]
    first = shop.http.get("/checkouts", params={"pageSize": 2}).json()
    second = shop.http.get("/checkouts", params={"pageSize": 2, "before": first["nextBefore"]}).json()
    assert [each["checkoutId"] for each in first["checkouts"] + second["checkouts"]] == made[::-1]
    assert "nextBefore" not in second


def test_nothing_of_anothers(shop: Shop) -> None:
    """Another tenant's orders and checkouts are answered as those that nobody has, and equal keys never meet."""
    identifier = shop.order()
    checkout = shop.paid(identifier)
    tenant = shop.service.tenant()
    other = Shop(shop.service, shop.provider, tenant, shop.service.shop(tenant))
    key = f"key-of-({identifier},)"
    unknown = other.pay(key, 1)
    assert unknown.status_code == 404
    waiting = shop.order()
    for foreign in (identifier, waiting):
        assert other.pay(key, foreign).json() == unknown.json()
        assert other.http.post("/quotes", json={"orderIdentifiers": [foreign]}).json() == unknown.json()
    for path in ("", "/receipt", "/invoice", "/labels"):
        answers = [other.http.get(f"/checkouts/{each}{path}") for each in (checkout["checkoutId"], UNKNOWN)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()
    assert other.http.post(f"/checkouts/{checkout['checkoutId']}/refund").status_code == 404
    assert other.http.get("/checkouts").json()["checkouts"] == []
    own = other.order()
    assert other.pay(key, own).json()["orders"][0]["orderIdentifier"] == own


@pytest.mark.parametrize(
    ("body", "key", "code"),
    [
        ({}, "k", "InvalidBody"),
        ({"orderIdentifiers": [], "paymentToken": "tok_a"}, "k", "InvalidBody"),
        ({"orderIdentifiers": ["1"], "paymentToken": "tok_a"}, "k", "InvalidBody"),
        ({"orderIdentifiers": [0], "paymentToken": "tok_a"}, "k", "InvalidBody"),
        ({"orderIdentifiers": [2**63], "paymentToken": "tok_a"}, "k", "InvalidBody"),
        ({"orderIdentifiers": [1, 1], "paymentToken": "tok_a"}, "k", "InvalidBody"),
        ({"orderIdentifiers": list(range(1, 102)), "paymentToken": "tok_a"}, "k", "InvalidBody"),
        ({"orderIdentifiers": [1], "paymentToken": "4111111111111111"}, "k", "InvalidBody"),
        ({"orderIdentifiers": [1], "paymentToken": "tok_a\x00"}, "k", "InvalidBody"),
        ({"orderIdentifiers": [1], "paymentToken": "tok_a"}, None, "InvalidParameter"),
        ({"orderIdentifiers": [1], "paymentToken": "tok_a"}, "", "InvalidParameter"),
        ({"orderIdentifiers": [1], "paymentToken": "tok_a"}, "k" * 101, "InvalidParameter"),
    ],
)
def test_bad_input(shop: Shop, body: dict[str, Any], key: str | None, code: str) -> None:
    """What can't be read is refused with the error object, and leaves nothing behind."""
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = shop.http.post("/checkouts", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert shop.http.get("/checkouts").json()["checkouts"] == []


def test_orders_without_postage_to_sell(shop: Shop) -> None:
    """Orders that name no service, or have their labels, are refused as a whole, and each says why."""
    without = shop.order(postageDetails={})
    labelled = shop.order(label={"includeLabelInResponse": False})
    fine = shop.order()
    answer = shop.pay("k", fine, without, labelled)
    assert answer.status_code == 400
    assert len(answer.json()["details"].splitlines()) == 2
    assert shop.http.get("/checkouts").json()["checkouts"] == []
    assert [each["orderIdentifier"] for each in shop.http.get("/basket").json()["orders"]] == [fine]
    for path in ("/checkouts/1", "/checkouts/%00", "/checkouts?before=0", "/checkouts?pageSize=101"):
        assert shop.http.get(path).status_code == 400


def test_a_provider_that_was_killed(tmp_path: Path) -> None:
    """While the provider is away checkouts wait; once it is there again they are settled, with one charge each."""
    store = tmp_path / "provider.db"
    with (
        providing(store=store) as provider,
        running(*provider.options, environment=KEYS) as service,
    ):
        tenant = service.tenant()
        shop = Shop(service, provider, tenant, service.shop(tenant))
        provider.misbehave(lost_replies=1)
        before = shop.pay("before", shop.order()).json()
        provider.process.kill()
        provider.process.wait()
        answer = shop.pay("k", shop.order())
        assert (answer.status_code, answer.json()["status"]) == (202, "charging")
        with providing(store=store, port=provider.port) as again:
            for checkout_id in (before["checkoutId"], answer.json()["checkoutId"]):
                until(partial(is_labelled, shop, checkout_id), "the checkout is settled")
                assert len(again.charges_of(checkout_id)) == 1


def test_a_service_that_was_killed_between_charge_and_label(tmp_path: Path) -> None:
    """The next start of a service that was killed settles what it left: one charge, one label."""
    database = ("--database", str(tmp_path / "clickdrop.db"))
    with providing() as provider:
        with running(*database, *provider.options, environment=KEYS) as service:
            tenant = service.tenant()
            shop = Shop(service, provider, tenant, service.shop(tenant))
            identifier = shop.order()
            provider.misbehave(lost_replies=1)
            checkout = shop.pay("k", identifier).json()
            assert checkout["status"] == "charging"
            service.process.kill()
            service.process.wait()
        assert len(provider.charges_of(checkout["checkoutId"])) == 1
        provider.misbehave()
        with running(*database, *provider.options, environment=KEYS) as again:
            after = Shop(again, provider, tenant, again.shop(tenant))
            until(lambda: after.status(checkout["checkoutId"]) == "labelled", "the next start settles it")
            assert after.pay("k", identifier).json()["status"] == "labelled"
            assert len(after.numbers(identifier)) == 1
        assert len(provider.charges_of(checkout["checkoutId"])) == 1
