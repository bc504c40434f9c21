"""Postage on the website: paid for once, printed, given back; parcels, and files of all orders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.clickdrop.services import text_of, until
from tests.clickdrop.web.test_orders_pages import make
from tests.clickdrop.web.visitors import shown

if TYPE_CHECKING:
    import httpx

    from tests.clickdrop.web.visitors import Site, Visitor

BELOW = ("", "/receipt", "/invoice", "/labels")


def basket(visitor: Visitor, *orders: int, card: str = "tok_visa") -> dict[str, str]:
    """Answer the form of the basket, with these orders ticked."""
    (key,) = re.findall(r'name="key" value="([^"]+)"', visitor.http.get("/postage").text)
    return {"key": key, "card": card, **{f"order-{order}": "on" for order in orders}}


def bought(visitor: Visitor, *orders: int) -> str:
    """Pay for orders; answer the path of the payment."""
    answer = visitor.send("/postage", basket(visitor, *orders))
    assert (answer.status_code, answer.headers["location"].partition("?")[2]) == (303, "done=paid"), answer.text
    return str(answer.headers["location"].partition("?")[0])


def pdf_text(answer: httpx.Response) -> str:
    """Answer what a PDF file says."""
    assert answer.headers["content-type"] == "application/pdf"
    return text_of(answer.content)


def test_postage_is_paid_for_printed_and_tracked(site: Site, owner: Visitor) -> None:
    """What is ticked is paid for; the payment has its papers and numbers, which anybody can track, naming nobody."""
    one, two = [make(owner, reference=f"REF-{n}") for n in (1, 2)]
    assert all(f'name="order-{order}"' in owner.http.get("/postage").text for order in (one, two))
    payment = bought(owner, one)
    page = owner.http.get(f"{payment}?done=paid")
    for text in ("REF-1", "Paid", "3.60 GBP", "Your postage has been paid"):
        assert text in " ".join(shown(page).split())
    assert "REF-2" not in page.text
    (number,) = set(re.findall(r"/tracking/([A-Z]{2}[0-9]{9}GB)", page.text))
    assert number in pdf_text(owner.http.get(f"{payment}/labels"))
    for paper in ("receipt", "invoice"):
        assert "REF-1" in pdf_text(owner.http.get(f"{payment}/{paper}"))
    assert number in owner.http.get("/parcels").text
    assert "REF-1" in owner.http.get("/postage/payments").text
    anybody = site.visitor().http
    for path in (f"/tracking/{number}", f"/tracking?number={number.lower()}"):
        tracked = anybody.get(path)
        assert "Label made" in tracked.text
        assert not re.search("REF-1|Ada|Fenwick|Tide|Whitby", tracked.text)
        assert "set-cookie" not in tracked.headers
    assert anybody.get("/tracking/TT000000000GB").status_code == 404


def test_a_form_that_is_sent_twice_pays_once(owner: Visitor) -> None:
    """The same form again is the same payment; another form for the same order is refused."""
    order = make(owner, reference="REF-1")
    form, again = basket(owner, order), basket(owner, order)
    answers = [owner.send("/postage", form) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert owner.send("/postage", again).status_code == 400
    assert len(re.findall('href="/postage/payments/', owner.http.get("/postage/payments").text)) == 1


def test_declined(owner: Visitor) -> None:
    """A declined card is said, and the order still awaits its postage."""
    order = make(owner, reference="REF-1")
    answer = owner.send("/postage", basket(owner, order, card="tok_declined"))
    assert answer.status_code == 402
    assert "Nothing was paid" in shown(answer)
    assert f'name="order-{order}"' in answer.text
    assert owner.http.get("/parcels").text.count("/tracking/") == 0


def test_refund(owner: Visitor) -> None:
    """The money is given back once, and the labels are void."""
    order = make(owner, reference="REF-1")
    payment = bought(owner, order)
    for _ in range(2):
        assert owner.send(f"{payment}/refund").headers["location"] == f"{payment}?done=refunded"
    assert "Given back" in shown(owner.http.get(payment))
    assert owner.http.get(f"{payment}/labels").status_code == 404
    assert "Cancelled" in shown(owner.http.get("/parcels"))
    second = bought(owner, order)
    owner.send(f"/orders/{order}/delete")
    assert owner.send(f"{second}/refund").status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"card": "tok_visa"},
        {"key": "x" * 24, "card": "tok_visa", "order-": "on", "order-x": "on", "order-99999999999999999999": "on"},
        {"key": "x" * 24, "card": "tok_none", "order-1": "on"},
        {"key": "é", "card": "tok_visa", "order-1": "on"},
        {"key": "x" * 24, "card": "tok_visa", "order-٣": "on"},
    ],
)
def test_forms_that_pay_for_nothing(owner: Visitor, form: dict[str, str]) -> None:
    """What names no order, no card or no key of a page is refused, and nothing is paid."""
    assert owner.send("/postage", form).status_code == 400
    assert "Nothing has been paid" in shown(owner.http.get("/postage/payments"))


def test_nothing_of_others(owner: Visitor, other: Visitor) -> None:
    """Payments, orders, parcels and files of another account are not there."""
    order, theirs = make(owner, reference="REF-1"), make(other, reference="REF-9")
    payment = bought(owner, order)
    answer = other.send("/postage", basket(other, theirs, order))
    assert answer.status_code == 404
    for path in (payment, f"/postage/payments/{uuid4()}", "/postage/payments/x"):
        assert {other.http.get(path + below).status_code for below in BELOW} == {404}
        assert other.send(f"{path}/refund").status_code == 404
    for path in ("/postage", "/postage/payments", "/parcels"):
        assert "REF-1" not in other.http.get(path).text
    assert "/tracking/" not in re.sub("<footer.*", "", other.http.get("/parcels").text, flags=re.DOTALL)
    text = pdf_text(other.send("/orders/labels", {f"order-{order}": "on", f"order-{theirs}": "on"}))
    assert ("REF-9" in text, "REF-1" in text) == (True, False)
    file = owner.send("/orders/export", {"format": "csv"}).headers["location"]
    for path in (file, f"{file}/content"):
        assert other.http.get(path).status_code == 404


def test_labels_of_what_is_ticked(owner: Visitor) -> None:
    """The labels of several orders are one file; of none there is none."""
    orders = [make(owner, reference=f"REF-{n}") for n in (1, 2, 3)]
    text = pdf_text(owner.send("/orders/labels", {f"order-{order}": "on" for order in orders[:2]}))
    assert [f"REF-{n}" in text for n in (1, 2, 3)] == [True, True, False]
    assert owner.send("/orders/labels").status_code == 400


def test_files_of_all_orders(owner: Visitor) -> None:
    """A spreadsheet of all orders is made by a job, and there once it is done."""
    make(owner, reference="REF-1")
    file = str(owner.send("/orders/export", {"format": "xlsx"}).headers["location"])
    until(lambda: f"{file}/content" in owner.http.get(file).text, "the file is ready")
    answer = owner.http.get(f"{file}/content")
    assert answer.content.startswith(b"PK")
    assert 'filename="orders.xlsx"' in answer.headers["content-disposition"]
