"""Pages of orders and addresses: what users do there, and that two accounts never meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.services import order, text_of
from tests.clickdrop.web.visitors import Site, Visitor, shown

if TYPE_CHECKING:
    import httpx

SCRIPT = "<script>alert('x')</script>\"&"
ADDRESS = {"full_name": "Ada Fenwick", "address_line1": "14 Tide Street", "city": "Whitby", "postcode": "YO21 3PU"}
ORDER = {**ADDRESS, "weight_in_grams": "400", "package_format": "smallParcel", "service_code": "TPN24"}


def make(visitor: Visitor, **fields: str) -> int:
    """Make an order and answer its identifier."""
    answer = visitor.send("/orders/new", ORDER | fields)
    assert answer.status_code == 303, shown(answer)
    return int(re.findall(r"[0-9]+", answer.headers["location"])[0])


def test_the_life_of_an_order(owner: Visitor) -> None:
    """An order is made, shown, edited, printed, printed again, and deleted."""
    identifier = make(owner, reference="REF-1", subtotal="10.5", shipping="2", instructions="Ring twice")
    page = shown(owner.http.get(f"/orders/{identifier}"))
    for text in ("REF-1", "Ada Fenwick", "YO21 3PU", "12.50", "Ring twice", "Tracked 24", "400 g"):
        assert text in page
    form = owner.http.get(f"/orders/{identifier}/edit")
    assert 'value="10.50"' in form.text
    changed = owner.send(f"/orders/{identifier}/edit", ORDER | {"reference": "REF-2", "full_name": "Bo Fenwick"})
    assert changed.status_code == 303
    page = shown(owner.http.get(f"/orders/{identifier}"))
    assert "Bo Fenwick" in page
    assert "Ada Fenwick" not in page
    assert owner.http.get(f"/orders/{identifier}/label").status_code == 404
    first = owner.send(f"/orders/{identifier}/label")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert "Bo Fenwick" in text_of(first.content)
    assert owner.http.get(f"/orders/{identifier}/label").content == first.content
    answer = owner.http.get(f"/orders/{identifier}/status").json()
    assert answer["status"] == "labelGenerated"
    assert answer["trackingNumber"] in text_of(first.content)
    late = owner.send(f"/orders/{identifier}/edit", ORDER)
    assert (late.status_code, "can no longer be edited" in late.text) == (400, True)
    assert owner.send(f"/orders/{identifier}/delete").status_code == 303
    assert owner.http.get(f"/orders/{identifier}").status_code == 404


def test_what_a_form_does_not_show_stays(site: Site) -> None:
    """An edit keeps what the API knows of an order beyond the form's fields."""
    tenant = site.service.tenant()
    lines = [{"SKU": f"SKU-{n}", "quantity": n, "unitValue": 1.5, "unitWeightInGrams": 10} for n in (1, 2)]
    packages = [
        {"weightInGrams": 100, "packageFormatIdentifier": "parcel", "contents": lines},
        {"weightInGrams": 200, "packageFormatIdentifier": "parcel"},
    ]
    (made,) = tenant.create(order("REF-1", packages=packages, tags=[{"key": "colour", "value": "red"}]))
    path = f"/orders/{made['orderIdentifier']}"
    before = tenant.http.get(f"{path}/full").json()[0]
    owner = site.user(tenant.account_id, tenant.name)
    form = dict(re.findall(r'name="(\w+)" type="\w+" value="([^"]*)"', owner.http.get(f"{path}/edit").text))
    form |= {"service_code": "TPN24", "package_format": "parcel", "instructions": "Ring"}
    assert owner.send(f"{path}/edit", form).status_code == 303
    after = tenant.http.get(f"{path}/full").json()[0]
    assert after.pop("specialInstructions") == "Ring"
    assert len(after["orderLines"]) == 2
    assert after == before


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"city": ""}, "city"),
        ({"weight_in_grams": "heavy"}, "weight_in_grams"),
        ({"weight_in_grams": "2001"}, "weight_in_grams"),
        ({"subtotal": "-1"}, "subtotal"),
        ({"subtotal": "1.001"}, "subtotal"),
        ({"order_date": "tomorrow"}, "order_date"),
        ({"order_date": "2026-02-30"}, "order_date"),
        ({"reference": "x" * 41}, "reference"),
        ({"service_code": "OTA"}, "service_code"),
        ({"quantity": "2"}, "sku"),
    ],
)
def test_faults_are_said_at_their_field(owner: Visitor, fields: dict[str, str], fault: str) -> None:
    """What is wrong with a form is said at the field, and what was typed is still there."""
    answer = owner.send("/orders/new", ORDER | {"reference": "REF-9"} | fields)
    assert answer.status_code == 400
    assert f'id="{fault}-fault"' in answer.text
    assert "14 Tide Street" in answer.text
    assert owner.orders() == []


def test_equal_references(owner: Visitor, other: Visitor) -> None:
    """A reference is one order's within its account, and no other account is asked."""
    first, second = make(owner, reference="REF-1"), make(owner, reference="REF-2")
    make(other, reference="REF-1")
    assert owner.send("/orders/new", ORDER | {"reference": "REF-1"}).status_code == 400
    assert owner.send(f"/orders/{second}/edit", ORDER | {"reference": "REF-1"}).status_code == 400
    assert owner.send(f"/orders/{first}/edit", ORDER | {"reference": "REF-1"}).status_code == 303
    assert sorted(owner.orders()) == ["REF-1", "REF-2"]


def test_searching(owner: Visitor, other: Visitor) -> None:
    """A search finds references, recipients and tracking numbers of the account's own, in the order asked for."""
    named = make(owner, reference="REF-A", full_name="Zoë 100% Øst")
    make(owner, reference="REF-B", postcode="AB1 2CD")
    make(other, reference="REF-C", full_name="Zoë 100% Øst")
    owner.send(f"/orders/{named}/label")
    number = owner.http.get(f"/orders/{named}/status").json()["trackingNumber"]

    def found(query: str) -> list[str]:
        return re.findall(r"<td>(REF-.)</td>", owner.http.get(f"/orders?{query}").text)

    assert found("q=zoë") == ["REF-A"]
    assert found("q=100%25") == ["REF-A"]
    assert found("q=1_0") == []
    assert found("q=ab1") == ["REF-B"]
    assert found(f"q={number.lower()}") == ["REF-A"]
    assert found("q=REF-C") == []
    assert found("q=ref-&sort=reference") == ["REF-A", "REF-B"]
    assert found("q=ref-&sort=newest") == ["REF-B", "REF-A"]
    assert found("status=labelGenerated") == ["REF-A"]
    for nonsense in ("status=x&sort=y&page=z", "page=-1", "page=0", "page=²", "q=%00", "page=" + "9" * 400):
        assert owner.http.get(f"/orders?{nonsense}").status_code == 200
    page = owner.http.get("/orders", params={"q": SCRIPT})
    assert "<script>alert" not in page.text


def test_pages_of_a_list(owner: Visitor, other: Visitor) -> None:
    """A long list comes in pages that are the account's own, and so are their counts."""
    rows = "\n".join(f"REF-{number:03},1 St,Town" for number in range(60))
    assert owner.import_orders(f"reference,address_line1,city\n{rows}\n").status_code == 303
    make(other, reference="REF-X")
    seen: list[str] = []
    for number in (1, 2, 3):
        page = owner.http.get(f"/orders?sort=reference&page={number}").text
        assert f"60 orders, page {number} of 3" in page
        seen += re.findall(r"<td>(REF-\d+)</td>", page)
    assert seen == [f"REF-{number:03}" for number in range(60)]
    assert "1 order, page 1 of 1" in other.http.get("/orders").text


@pytest.mark.parametrize("what", ["", "/status", "/edit", "/label"])
def test_orders_of_others_are_not_there(owner: Visitor, other: Visitor, what: str) -> None:
    """An order of another account's answers as one that nobody has."""
    identifier = make(owner, reference="REF-1", full_name="Secret Name")
    owner.send(f"/orders/{identifier}/label")
    answers = [other.http.get(f"/orders/{number}{what}") for number in (identifier, 999_999_999)]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].text == answers[1].text
    assert other.http.get(f"/orders/{'9' * 30}{what}").status_code == 404


@pytest.mark.parametrize("what", ["/edit", "/delete", "/label"])
def test_orders_of_others_cannot_be_changed(owner: Visitor, other: Visitor, what: str) -> None:
    """A form about another account's order answers as one about an order that nobody has, and changes nothing."""
    identifier = make(owner, reference="REF-1")
    before = owner.http.get(f"/orders/{identifier}").text
    answers: list[httpx.Response] = [other.send(f"/orders/{n}{what}", ORDER) for n in (identifier, 999_999_999)]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].text == answers[1].text
    after = owner.http.get(f"/orders/{identifier}").text
    assert after == before


def test_names_are_not_markup(owner: Visitor) -> None:
    """What a user writes is text on every page that shows it, and in no page a script."""
    fields = dict.fromkeys(("reference", "full_name", "address_line1", "city", "instructions", "item_name"), SCRIPT)
    extra = {"postcode": "x", "sku": SCRIPT, "unit_value": "1", "unit_weight_in_grams": "1", "address_book": SCRIPT}
    identifier = make(owner, **fields, **extra)
    pages = ["/orders", f"/orders/{identifier}", f"/orders/{identifier}/edit", "/address-book"]
    for path in [*pages, "/suggestions/contacts?q=script"]:
        answer = owner.http.get(path)
        if path in pages:
            assert "<script>alert" not in answer.text
            assert "&lt;script&gt;alert" in answer.text
        else:
            assert answer.headers["content-type"] == "application/json"
            assert answer.json()[0]["full_name"] == SCRIPT


def test_the_address_book(owner: Visitor, other: Visitor) -> None:
    """Entries are made, found while typing, used in orders, changed and deleted, within one account."""
    entry = ADDRESS | {"reference": "A/B & C", "email": "ada@shop.example"}
    assert owner.send("/address-book/entry", entry).status_code == 303
    assert other.send("/address-book/entry", entry | {"full_name": "Another Ada"}).status_code == 303
    (found,) = owner.http.get("/suggestions/contacts?q=ada yo21").json()
    assert (found["reference"], found["full_name"], found["email"]) == ("A/B & C", "Ada Fenwick", "ada@shop.example")
    assert owner.http.get("/suggestions/contacts?q=another").json() == []
    assert owner.http.get("/suggestions/contacts?q=").json() == []
    nameless = {"address_book": "A/B & C", "weight_in_grams": "5"}
    answer = owner.send("/orders/new", nameless)
    assert "Ada Fenwick" in owner.http.get(answer.headers["location"]).text
    form = owner.http.get("/address-book/entry", params={"reference": "A/B & C"}).text
    assert 'value="14 Tide Street"' in form
    assert owner.http.get("/address-book/entry?reference=nobody").status_code == 404
    assert owner.send("/address-book/entry", entry | {"full_name": "Ada Renamed"}).status_code == 303
    assert owner.send("/address-book/entry", entry | {"city": ""}).status_code == 400
    assert owner.send("/address-book/entry", entry | {"reference": " "}).status_code == 400
    assert "Ada Renamed" in owner.http.get("/address-book").text
    assert owner.send("/address-book/delete", {"reference": "A/B & C"}).status_code == 303
    assert "Ada" not in owner.http.get("/address-book").text
    assert "Another Ada" in other.http.get("/address-book").text
    assert owner.send("/address-book/delete", {"reference": "A/B & C"}).status_code == 404
