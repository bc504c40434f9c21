"""What the website shows of orders and contacts, in the audit log."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

import httpx
from starlette.routing import Route

from clickdrop.web import doors, settings, website
from tests.clickdrop.services import order, until
from tests.clickdrop.test_audit import LABELLED, MARK, MARKED_CONTACT, Watch, reads
from tests.clickdrop.web.test_orders_pages import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickdrop.platform import Platform
    from tests.clickdrop.services import Tenant
    from tests.clickdrop.web.visitors import Site, Visitor


def logged_in(site: Site, tenant: Tenant) -> tuple[Visitor, str]:
    """Log a user of a tenant's in, and answer the browser and the public identifier of its session."""
    elsewhere = site.user(tenant.account_id, tenant.name)
    device = site.visitor(address=elsewhere.address)
    assert device.log_in().status_code == 303
    (session,) = re.findall(r'name="device" value="([^"]+)"', elsewhere.http.get("/settings/devices").text)
    return device, session


def first_event(visitor: Visitor) -> httpx.Response:
    """Answer the first thing that a stream of events tells."""
    with visitor.http.stream("GET", "/orders/events") as answer:
        told = next(line for line in answer.iter_lines() if line.startswith("data: "))
        return httpx.Response(answer.status_code, text=told, request=answer.request)


def test_every_page_that_shows_an_order_or_a_contact(site: Site) -> None:
    """Whatever page, file or stream shows an order or a contact, the log says which session saw it, and whose it is."""
    tenant = site.service.tenant()
    device, session = logged_in(site, tenant)
    made = tenant.create(
        order("INV-AUDIT-1", recipient=MARK, label=LABELLED),
        *(order(f"INV-AUDIT-{number}", recipient=MARK) for number in range(2, 6)),
    )
    identifier, unpaid, new, gone, _ = (each["orderIdentifier"] for each in made)
    shop = site.service.shop(tenant)
    body = {"orderIdentifiers": [unpaid], "paymentToken": "tok_visa"}
    checkout = shop.post("/checkouts", json=body, headers={"Idempotency-Key": "audit"}).json()["checkoutId"]
    job = shop.post("/jobs/exports", json={"format": "csv"}).json()["jobId"]
    until(lambda: shop.get(f"/jobs/{job}").json()["status"] == "done", "the table is written")
    contact = {"reference": "PRU", "full_name": MARKED_CONTACT, "address_line1": "1", "city": "W", "country_code": "GB"}
    assert device.send("/address-book/entry", contact).status_code == 303
    queries = {"/address-book/entry": "?reference=PRU", "/suggestions/contacts": "?q=prudence"}
    forms: dict[str, Callable[[str], httpx.Response]] = {
        "/orders/import": lambda _: device.import_orders(f"{','.join(ORDER)}\n{','.join(ORDER.values())}"),
        "/orders/export": lambda path: device.send(path, {"format": "csv"}),
        "/orders/new": lambda path: device.send(path, ORDER),
        "/orders/labels": lambda path: device.send(path, {f"order-{identifier}": "on"}),
        "/orders/{identifier:order}/edit": lambda _: device.send(f"/orders/{new}/edit", ORDER),
        "/orders/{identifier:order}/delete": lambda _: device.send(f"/orders/{gone}/delete"),
        "/orders/{identifier:order}/label": device.send,
        "/postage": lambda path: device.send(path, {f"order-{new}": "on", "card": "tok_visa", "key": "a" * 20}),
        "/postage/payments/{id}/refund": device.send,
        "/address-book/entry": lambda path: device.send(path, contact),
        "/address-book/delete": lambda path: device.send(path, {"reference": "PRU"}),
    }
    # What comes before a log-in shows no tenant's, and forms of settings lead to pages that are looked at here.
    routes = [route for route in website(cast("Platform", None)).routes if isinstance(route, Route)]
    routes = [route for route in routes if route not in doors.ROUTES]
    pages = [route.path for route in routes if "GET" in (route.methods or ())]
    sent = [route.path for route in routes if "POST" in (route.methods or ()) and route not in settings.ROUTES]
    assert set(sent) == set(forms)

    def address(path: str) -> str:
        filled = path.replace("{identifier:order}", str(identifier)).replace("{number}", made[0]["trackingNumber"])
        return filled.replace("{id}", job if path.startswith("/files") else checkout)

    watch = Watch(site.service, tenant, session)
    asks: list[Callable[[], httpx.Response]] = [
        *(
            partial(device.http.get, address(path) + queries.get(path, ""))
            for path in pages
            if path != "/orders/events"
        ),
        *(partial(forms[path], address(path)) for path in sent),
        # At the end, since a stream may look for changes once more before it notices that nobody listens.
        partial(first_event, device),
    ]
    logged = set().union(*(watch.logged(ask) for ask in asks))
    assert logged == {
        *("search", "order", "events", "make", "label", "export", "file", "contacts", "contact", "suggestions"),
        *("basket", "payments", "payment", "receipt", "invoice", "labels", "parcels"),
    }


def test_forms_that_are_refused(site: Site) -> None:
    """Who is told by a form why an order can't be changed, printed or paid for has seen how that order is."""
    tenant = site.service.tenant()
    device, session = logged_in(site, tenant)
    made = tenant.create(order(label=LABELLED), order(postageDetails={}))
    printed, bare = (each["orderIdentifier"] for each in made)
    start = datetime.now(UTC)
    for path, form in (
        (f"/orders/{printed}/edit", ORDER),
        ("/orders/labels", {f"order-{bare}": "on"}),
        ("/postage", {f"order-{printed}": "on", "card": "tok_visa", "key": "a" * 20}),
    ):
        assert device.send(path, form).status_code == 400
    found = reads(site.service, session, start, datetime.now(UTC))
    assert [(each["operation"], each["orders"]) for each in found] == [
        ("edit", [printed]),
        ("label", [bare]),
        ("pay", [printed]),
    ]
