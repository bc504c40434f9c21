"""Users of an account: what each role may do, and the keys that owners make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.web.test_orders_pages import ADDRESS, ORDER, make

if TYPE_CHECKING:
    from tests.clickdrop.web.visitors import Site, Visitor

READS = ("/orders", "/orders/{order}", "/orders/{order}/status", "/orders/{order}/label", "/orders/export.csv")
READS_TOO = (
    "/postage",
    "/postage/payments",
    "/parcels",
    "/address-book",
    "/suggestions/contacts?q=a",
    "/settings/devices",
    "/settings/password",
)
WRITES = {
    "/orders/new": ORDER,
    "/orders/{order}/edit": ORDER,
    "/orders/{order}/label": {},
    "/orders/{order}/delete": {},
    "/orders/import": {},
    "/orders/labels": {"order-1": "on"},
    "/postage": {"order-1": "on"},
    "/address-book/entry": {"reference": "A", **ADDRESS},
    "/address-book/delete": {"reference": "A"},
}
ADMINISTERS = {
    "/settings/users": {"name": "N", "email": "n@shop.example", "role": "owner"},
    "/settings/users/role": {"role": "owner", "user": "{user}"},
    "/settings/users/remove": {"user": "{user}"},
    "/settings/keys": {},
    "/settings/keys/revoke": {"key": "x"},
    "/settings/webhooks": {"url": "https://shop.example/"},
    "/settings/webhooks/remove": {"webhook": "x"},
}
PAGES_TO_WRITE = ("/orders/new", "/orders/{order}/edit", "/orders/import", "/address-book/entry")
PAGES_TO_ADMINISTER = ("/settings/users", "/settings/keys", "/settings/webhooks")


def users(owner: Visitor) -> dict[str, str]:
    """Answer the account's users that have a log-in: identifiers by address."""
    page = owner.http.get("/settings/users").text
    rows = re.findall(r"<td>([^<]+@[^<]+)</td>.*?name=\"user\" value=\"([^\"]+)\"", page, re.DOTALL)
    return dict(rows)


@pytest.mark.parametrize("role", ["viewer", "clerk"])
def test_what_roles_may_not(site: Site, owner: Visitor, role: str) -> None:
    """A viewer changes nothing, a clerk no users and keys; what they may do they can."""
    order, fresh = make(owner, reference="REF-1"), make(owner, reference="REF-2")
    owner.send(f"/orders/{order}/label")
    member = site.user(owner.account_id, owner.shop, role)
    before = users(owner)
    for path in (*READS, *READS_TOO):
        assert member.http.get(path.format(order=order)).status_code == 200, path
    for path, form in ADMINISTERS.items():
        filled = {name: value.format(user=before[owner.address]) for name, value in form.items()}
        assert member.send(path, filled).status_code == 403, path
    for path in PAGES_TO_ADMINISTER:
        assert member.http.get(path).status_code == 403, path
    for path in PAGES_TO_WRITE:
        answer = member.http.get(path.format(order=fresh))
        assert answer.status_code == (403 if role == "viewer" else 200), path
    if role == "viewer":
        for path, form in WRITES.items():
            assert member.send(path.format(order=fresh), form).status_code == 403, path
    assert users(owner) == before
    assert sorted(owner.orders()) == ["REF-1", "REF-2"]
    if role == "clerk":
        assert member.send(f"/orders/{fresh}/label").status_code == 200
        assert member.send(f"/orders/{fresh}/delete").status_code == 303


def test_another_role(site: Site, owner: Visitor) -> None:
    """Who is given another role is logged out, and has it after the next log-in."""
    clerk = site.user(owner.account_id, owner.shop, "clerk")
    identifier = users(owner)[clerk.address]
    assert owner.send("/settings/users/role", {"user": identifier, "role": "viewer"}).status_code == 303
    assert clerk.http.get("/orders").status_code == 303
    clerk.log_in()
    assert clerk.http.get("/orders/new").status_code == 403


def test_a_key_reaches_no_further_than_its_maker(site: Site, owner: Visitor) -> None:
    """The keys of an owner who becomes a clerk are revoked, since a key does what an owner may."""
    second = site.user(owner.account_id, owner.shop)
    (key,) = re.findall(r'id="issued">([^<]+)<', second.send("/settings/keys").text)
    api = site.service.client(site.service.url, key)
    assert api.get("/orders").status_code == 200
    form = {"user": users(owner)[second.address], "role": "clerk"}
    assert owner.send("/settings/users/role", form).status_code == 303
    assert api.get("/orders").status_code == 401


def test_removed_users(site: Site, owner: Visitor) -> None:
    """A user who is removed is logged out, can no longer log in, and has no key any more."""
    second = site.user(owner.account_id, owner.shop)
    key = re.findall(r'id="issued">([^<]+)<', second.send("/settings/keys").text)[0]
    api = site.service.client(site.service.url, key)
    assert api.get("/orders").status_code == 200
    identifier = users(owner)[second.address]
    assert owner.send("/settings/users/remove", {"user": identifier}).status_code == 303
    assert second.http.get("/orders").status_code == 303
    assert second.log_in().status_code == 401
    assert api.get("/orders").status_code == 401


def test_an_account_keeps_an_owner(owner: Visitor) -> None:
    """The last owner is neither removed nor given another role."""
    own = users(owner)[owner.address]
    assert owner.send("/settings/users/remove", {"user": own}).status_code == 400
    assert owner.send("/settings/users/role", {"user": own, "role": "viewer"}).status_code == 400
    assert owner.http.get("/settings/users").status_code == 200


def test_users_of_others(owner: Visitor, other: Visitor) -> None:
    """Users of another account are not seen, changed or removed."""
    (theirs,) = users(other).values()
    assert other.address not in owner.http.get("/settings/users").text
    assert owner.send("/settings/users/remove", {"user": theirs}).status_code == 404
    assert owner.send("/settings/users/role", {"user": theirs, "role": "viewer"}).status_code == 404
    assert other.http.get("/settings/users").status_code == 200


def test_keys(site: Site, owner: Visitor, other: Visitor) -> None:
    """A key is shown once, opens its account's API alone, and opens nothing once it is revoked, by its account."""
    make(owner, reference="REF-1")
    make(other, reference="REF-2")
    page = owner.send("/settings/keys").text
    (key,) = re.findall(r'id="issued">([^<]+)<', page)
    api = site.service.client(site.service.url, f"Bearer {key}")
    assert [each["orderReference"] for each in api.get("/orders").json()["orders"]] == ["REF-1"]
    page = owner.http.get("/settings/keys").text
    assert key not in page
    # Of the two keys one was made with the account, by the operator.
    mine = [k for k, who in re.findall(r'name="key" value="([^"]+)".*?()</tr>', page, re.DOTALL)]
    assert len(mine) == 2
    assert not set(mine) & set(re.findall(r'name="key" value="([^"]+)"', other.http.get("/settings/keys").text))
    for each in mine:
        assert other.send("/settings/keys/revoke", {"key": each}).status_code == 404
    assert api.get("/orders").status_code == 200
    for each in mine:
        assert owner.send("/settings/keys/revoke", {"key": each}).status_code == 303
    assert api.get("/orders").status_code == 401
