"""Forms are sent from pages of the site's, for the session that they are sent in; pages are nobody's to keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from clickdrop.web import addresses, doors, orders, parcels, payments, settings, transfer
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.web.visitors import Site, Visitor

MODULES = (doors, transfer, orders, payments, parcels, addresses, settings)
ROUTES = [route for module in MODULES for route in module.ROUTES]
FORMS = [route.path for route in ROUTES if "POST" in (route.methods or ())]
PAGES = [route.path for route in ROUTES if "GET" in (route.methods or ())]
"""All but `/orders/events`, which has no end and tests of its own."""

FIELDS = (
    "email",
    "password",
    "user",
    "key",
    "device",
    "reference",
    "name",
    "shop",
    "old",
    "new",
    "full_name",
    "address_line1",
    "city",
    "country_code",
    "url",
    "webhook",
)
NUMBERS = ["9" * digits for digits in (18, 19, 25, 5000)]
CHARSETS = (
    "utf-7",
    "unicode-escape",
    "raw-unicode-escape",
    "punycode",
    "undefined",
    "idna",
    "utf-16",
    "rot13",
    "nonsense",
    '""',
)


def filled(path: str, value: str) -> str:
    """Put an order's identifier into a path."""
    return path.replace("{identifier:order}", value)


def test_there_are_forms() -> None:
    """The lists of forms and pages that the rest goes by are those of the site."""
    assert {"/log-in", "/orders/import", "/settings/keys"} <= set(FORMS)
    assert len(FORMS) > 15
    assert all(isinstance(route, Route) for route in ROUTES)


@pytest.mark.parametrize("path", FORMS)
def test_forged_forms(owner: Visitor, other: Visitor, path: str) -> None:
    """A form without the session's own token, or from another site, is refused whatever it is."""
    path = filled(path, "1")
    token = owner.token("/settings/devices")
    secret = owner.http.cookies["clickdrop_session"]
    for given in ("", "x", "é", token[:-1], other.token("/settings/devices"), secret):
        assert owner.http.post(path, data={"form_token": given}).status_code == 403
    for origin in ("https://evil.example", "null", str(owner.http.base_url) + "1", "http://"):
        answer = owner.http.post(path, data={"form_token": token}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert owner.http.get("/orders").status_code == 200
    own = owner.http.post(path, data={"form_token": token}, headers={"Origin": str(owner.http.base_url).rstrip("/")})
    assert own.status_code != 403


def test_a_visitors_token_ends_with_the_visit(site: Site, owner: Visitor) -> None:
    """The token of the page that one logs in by is of no use after the log-in."""
    visitor = site.visitor(address=owner.address)
    before = visitor.token()
    assert visitor.log_in().status_code == 303
    assert visitor.http.post("/log-out", data={"form_token": before}).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_kept_by_nobody(site: Site, owner: Visitor, path: str) -> None:
    """Every page forbids caches to keep it and browsers to run what is not the site's, logged in or not."""
    tenant = site.service.tenant()
    (made,) = tenant.create(order())
    member = site.user(tenant.account_id, tenant.name)
    path = filled(path, str(made["orderIdentifier"]))
    for visitor in (member, site.visitor()):
        answer = visitor.http.get(path)
        assert answer.status_code in {200, 303, 404}
        assert answer.headers["cache-control"] == "private, no-store"
        if "html" in answer.headers.get("content-type", ""):
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy


def test_pages_need_nothing_from_elsewhere(owner: Visitor) -> None:
    """No page names a resource of another site, nor has a style or a script of its own in it."""
    for path in PAGES:
        text = owner.http.get(path).text if "{" not in path else ""
        for forbidden in ("http://", "https://", "<style", "style=", "onclick", "javascript:"):
            assert forbidden not in text, path
        assert text.count("<script") == text.count('<script src="/static/site.js" defer>')


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"a=1&" * 5000, "application/x-www-form-urlencoded"),
        (b"\xff\xfe=%ff", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", ""),
    ],
)
def test_broken_forms(owner: Visitor, body: bytes, kind: str) -> None:
    """A body that is no form of ours is refused, and nothing of the inside is told."""
    answer = owner.http.post("/orders/new", content=body, headers={"Content-Type": kind})
    assert answer.status_code in {400, 403}
    assert "Traceback" not in answer.text


def test_unknown_pages(owner: Visitor) -> None:
    """What is not there is a page to a browser and the published error to a program."""
    assert owner.http.get("/nothing").status_code == 404
    assert "There is no such resource" in owner.http.get("/nothing").text
    program = owner.http.get("/nothing", headers={"Accept": "*/*"})
    assert (program.status_code, program.json()["code"]) == (404, "NotFound")
    put = owner.http.put("/orders", headers={"Accept": "*/*"})
    assert (put.status_code, put.json()["code"]) == (405, "MethodNotAllowed")
    assert "GET" in put.headers["allow"]


@pytest.mark.parametrize("path", FORMS)
def test_nul_and_oddities_are_only_text(owner: Visitor, path: str) -> None:
    """Characters that a database may choke on are text like any other, or refused."""
    odd = dict.fromkeys(FIELDS, "a\0b\ufffe\U0001f4a9\\0'\"%_")
    assert owner.send(filled(path, "1"), odd).status_code < 500


@pytest.mark.parametrize("path", PAGES)
def test_long_numbers_in_addresses(site: Site, owner: Visitor, path: str) -> None:
    """A number of any length is there or is not, in a path or in a query, whoever asks."""
    for number in NUMBERS:
        query = dict.fromkeys(("page", "before", "q", "status", "sort", "reference", "token", "done"), number)
        for visitor in (owner, site.visitor()):
            answer = visitor.http.get(re.sub("{.*}", number, path), params=query)
            assert answer.status_code in {200, 303, 404}
            assert "Traceback" not in answer.text
        if "{" in path:
            assert owner.http.get(re.sub("{.*}", number, path)).status_code == 404


@pytest.mark.parametrize("path", FORMS)
def test_long_numbers_in_forms(owner: Visitor, path: str) -> None:
    """A number of any length is text like any other, or refused, in the path and in each field."""
    token = owner.token("/settings/devices")
    for number in NUMBERS:
        form = {**dict.fromkeys(FIELDS, number), f"order-{number}": "on", "form_token": token}
        assert owner.http.post(re.sub("{.*}", number, path), data=form).status_code < 500


@pytest.mark.parametrize("path", FORMS)
def test_forms_are_in_utf_8(site: Site, owner: Visitor, path: str) -> None:
    """A form in another encoding is refused, whatever its text would be: some have texts that nothing can store."""
    visitor = site.visitor()
    senders = [(owner, owner.token("/settings/devices"), {400}), (visitor, visitor.token(), {400, 401})]
    for sender, token, refusals in senders:
        body = b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), text)
            for name, text in {**dict.fromkeys(FIELDS, b"a+2AA-\\ud800\xff"), "form_token": token.encode()}.items()
        )
        for charset in CHARSETS:
            kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
            answer = sender.http.post(filled(path, "1"), content=body + b"--x--\r\n", headers=kind)
            assert answer.status_code in refusals
            assert "Traceback" not in answer.text


def test_utf_8_may_be_said(owner: Visitor) -> None:
    """A form that says that it is in UTF-8 is taken."""
    for charset in ("utf-8", "UTF-8", '"utf-8"'):
        kind = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
        token = owner.token("/settings/devices")
        body = f"form_token={token}&full_name=Ada&address_line1=x&city=%C3%85&country_code=GB&reference=A"
        assert owner.http.post("/address-book/entry", content=body, headers=kind).status_code == 303
