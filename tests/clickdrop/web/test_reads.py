"""What the website shows of orders, in the audit log."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.clickdrop.services import order
from tests.clickdrop.test_audit import reads

if TYPE_CHECKING:
    from tests.clickdrop.web.visitors import Site


def test_every_page_that_shows_an_order(site: Site) -> None:
    """The log says which session was shown which orders, by which page, and nothing of pages that show none."""
    tenant = site.service.tenant()
    (made,) = tenant.create(order("INV-1", label={"includeLabelInResponse": False}))
    identifier = made["orderIdentifier"]
    owner = site.user(tenant.account_id, tenant.name)
    device = site.visitor(address=owner.address)
    assert device.log_in().status_code == 303
    (session,) = re.findall(r'name="device" value="([^"]+)"', owner.http.get("/settings/devices").text)
    start = datetime.now(UTC)
    for path in (
        "/orders",
        f"/orders/{identifier}",
        f"/orders/{identifier}/label",
        "/orders/export.csv",
        "/address-book",
    ):
        assert device.http.get(path).status_code == 200, path
    found = reads(site.service, session, start, datetime.now(UTC))
    assert [each["operation"] for each in found] == ["search", "order", "order", "label", "export"]
    assert all(each["orders"] == [identifier] for each in found)
    assert all(each["owners"] == [tenant.account_id] for each in found)


def test_every_page_that_shows_a_payment(site: Site) -> None:
    """The same of pages about postage: each says which orders it showed."""
    tenant = site.service.tenant()
    (made,) = tenant.create(order("INV-1"))
    identifier = made["orderIdentifier"]
    owner = site.user(tenant.account_id, tenant.name)
    device = site.visitor(address=owner.address)
    assert device.log_in().status_code == 303
    (session,) = re.findall(r'name="device" value="([^"]+)"', owner.http.get("/settings/devices").text)
    start = datetime.now(UTC)
    assert device.http.get("/postage").status_code == 200
    body = {"orderIdentifiers": [identifier], "paymentToken": "tok_visa"}
    paid = site.service.shop(tenant).post("/checkouts", json=body, headers={"Idempotency-Key": "1"}).json()
    payment = f"/postage/payments/{paid['checkoutId']}"
    for path in (
        "/postage/payments",
        payment,
        f"{payment}/receipt",
        f"{payment}/invoice",
        f"{payment}/labels",
        "/parcels",
    ):
        assert device.http.get(path).status_code == 200, path
    found = reads(site.service, session, start, datetime.now(UTC))
    expected = ["basket", "payments", "payment", "receipt", "invoice", "labels", "parcels"]
    assert [each["operation"] for each in found] == expected
    assert all(each["orders"] == [identifier] for each in found)
