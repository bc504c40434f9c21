"""Two tenants side by side in a real browser: `make browser`. Screenshots go to `docs/images/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, expect

from tests.browsers import browser, listen, look
from tests.clickdrop.services import STACKS, Service, running, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["browser"]

SIZE = ViewportSize(width=1200, height=800)
ORDERS = 12


@dataclass
class Tenant:
    """A tenant of the demonstration before a browser of its own."""

    name: str
    email: str
    password: str = field(repr=False)
    recipient: str
    page: Page
    complaints: list[str]

    def log_in(self) -> None:
        """Log in by the form."""
        self.page.goto("/")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="Orders")).to_be_visible()

    def file(self) -> str:
        """Write orders as a file, with the same references as the other tenant's."""
        header = "reference,full_name,address_line1,city,postcode,weight_in_grams,service_code,subtotal,shipping"
        rows = (
            f"REF-{n:03},{self.recipient} {n},{n} High Street,Leeds,LS1 1AA,400,TPN24,{n}.50,3" for n in range(ORDERS)
        )
        return "\n".join([header, *rows])

    def import_orders(self) -> None:
        """Import the file."""
        self.page.get_by_role("link", name="Import").click()
        upload = FilePayload(name="orders.csv", mimeType="text/csv", buffer=self.file().encode())
        self.page.get_by_label("CSV file").set_input_files([upload])
        self.page.get_by_role("button", name="Import").click()
        expect(self.page.get_by_role("status")).to_have_text("All orders of the file have been imported.")

    def pay_and_track(self, other: Tenant, *, pictures: bool) -> None:
        """Pay for the postage of all orders but one, print their labels, and see where a parcel is."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name="Postage").click()
        rows = self.page.locator("tbody tr")
        expect(rows).to_have_count(ORDERS)  # all but two, whose labels are printed, beside the demonstration's two
        rows.filter(has_text="REF-009").get_by_role("checkbox").uncheck()
        expect(self.page.locator("output")).to_have_text(f"{(ORDERS - 1) * 3.6:.2f} GBP")
        look(self.page, "postage" if pictures else None)
        self.page.get_by_role("button", name="Pay").click()
        expect(self.page.locator("h1")).to_contain_text("Paid")
        expect(rows).to_have_count(ORDERS - 1)
        look(self.page, "payment" if pictures else None)
        for link in ("Print labels", "Receipt", "Invoice"):
            with self.page.expect_download() as download:
                self.page.get_by_role("link", name=link).click()
            text = text_of(Path(download.value.path()).read_bytes())
            assert (self.name in text, other.name in text, other.recipient in text) == (True, False, False)
        self.page.locator("tbody tr code").first.click()
        expect(self.page.get_by_role("heading", name="Label made")).to_be_visible()
        expect(self.page.locator("body")).not_to_contain_text(self.recipient)
        look(self.page, "tracking" if pictures else None)
        self.page.goto("/parcels")
        expect(rows).to_have_count(ORDERS + 1)
        self.page.goto("/postage")
        expect(rows).to_have_count(1)


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> Iterator[Service]:
    """A service with the demonstration's tenants."""
    with running("--demo", "--stack", request.param) as started:
        yield started


@pytest.fixture
def tenants(stack: Service, browser: Browser) -> Iterator[list[Tenant]]:
    """The tenants, one by day and one by night, each with cookies of its own."""
    contexts: list[BrowserContext] = []
    found = []
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for name, user, recipient, theme in zip(
        stack.ready["names"], stack.ready["users"], ("Alma Quill", "Bruno Stone"), themes, strict=True
    ):
        context = browser.new_context(base_url=stack.ready["origin"], viewport=SIZE, color_scheme=theme)
        contexts.append(context)
        context.set_default_timeout(30_000)
        complaints: list[str] = []
        page = context.new_page()
        listen(page, complaints)
        found.append(Tenant(name, user["email"], user["password"], recipient, page, complaints))
    yield found
    for context in contexts:
        context.close()
    # What is not there is told by a test itself; nothing else may be complained of, the content policy least of all.
    assert [text for tenant in found for text in tenant.complaints if "404" not in text] == []


def test_two_tenants_side_by_side(stack: Service, tenants: list[Tenant]) -> None:
    """Two tenants log in, import orders of equal references, pay, print, track and log out: each sees its own alone."""
    one, two = tenants
    one.page.goto("/log-in")
    look(one.page, "log-in")
    for tenant in tenants:
        tenant.log_in()
    for tenant in tenants:
        tenant.import_orders()
    for tenant, other, name in ((one, two, "orders"), (two, one, "orders-dark")):
        expect(tenant.page.locator("#orders tbody tr")).to_have_count(ORDERS + 2)
        expect(tenant.page.locator("body")).to_contain_text(f"{tenant.recipient} 7")
        expect(tenant.page.locator("body")).not_to_contain_text(other.recipient)
        expect(tenant.page.locator("body")).not_to_contain_text(other.name)
        look(tenant.page, name)
    places = []
    for tenant, key in zip(tenants, stack.ready["api_keys"], strict=True):
        cell = tenant.page.locator("#orders tbody tr", has_text="REF-003").locator("[data-order]")
        expect(cell).to_have_text("New")
        label = "/orders/%22REF-003%22/label?documentType=postageLabel&includeReturnsLabel=false"
        assert stack.client(stack.url, key).get(label).status_code == 200
        expect(cell).to_have_text("Label printed")  # without a reload
    for tenant, other in ((one, two), (two, one)):
        row = tenant.page.locator("#orders tbody tr", has_text="REF-007")
        row.get_by_role("link").click()
        expect(tenant.page.locator("address")).to_contain_text(f"{tenant.recipient} 7")
        places.append(tenant.page.url)
        with tenant.page.expect_download() as download:
            tenant.page.get_by_role("button", name="Print label").click()
        text = text_of(Path(download.value.path()).read_bytes())
        assert tenant.recipient in text
        assert other.recipient not in text
        tenant.page.reload()
        expect(tenant.page.locator("h1")).to_contain_text("Label printed")
    look(one.page, "order")
    for tenant, other in ((one, two), (two, one)):
        tenant.pay_and_track(other, pictures=tenant is one)
    for tenant, place in ((one, places[1]), (two, places[0])):
        answer = tenant.page.goto(place)
        assert answer is not None
        assert answer.status == 404
    for tenant in tenants:
        tenant.page.goto("/orders")
        tenant.page.get_by_role("button", name="Log out").click()
        expect(tenant.page.get_by_role("heading", name="Log in")).to_be_visible()
        tenant.page.go_back()
        expect(tenant.page.locator("body")).not_to_contain_text(tenant.recipient)


def test_suggestions(tenants: list[Tenant]) -> None:
    """While one types, the address book's entries are suggested, and fill the form when one is chosen."""
    one, two = tenants
    for tenant in tenants:
        tenant.log_in()
        tenant.page.goto("/address-book/entry")
        tenant.page.get_by_label("Reference").fill("REGULAR")
        tenant.page.get_by_label("Name").fill(f"{tenant.recipient} & <b>Sons</b>")
        tenant.page.get_by_label("Address line 1").fill("1 Quay")
        tenant.page.get_by_label("Town or city").fill("Hull")
        tenant.page.get_by_role("button", name="Save").click()
        expect(tenant.page.get_by_role("status")).to_be_visible()
    for tenant, other in ((one, two), (two, one)):
        tenant.page.goto("/orders/new")
        tenant.page.get_by_label("Address book reference").press_sequentially("reg")
        suggestion = tenant.page.locator(".suggestions button")
        expect(suggestion).to_have_count(1)
        expect(suggestion).to_contain_text(f"{tenant.recipient} & <b>Sons</b>")
        expect(suggestion).not_to_contain_text(other.recipient)
        look(tenant.page, "suggestions" if tenant is one else None)
        tenant.page.keyboard.press("Tab")
        tenant.page.keyboard.press("Enter")
        expect(tenant.page.get_by_label("Town or city")).to_have_value("Hull")


def test_settings_and_status(stack: Service, tenants: list[Tenant], browser: Browser) -> None:
    """The settings' pages and the status page are there, and on a telephone too."""
    one, _ = tenants
    one.log_in()
    for name in ("users", "keys", "webhooks", "devices", "password"):
        one.page.goto(f"/settings/{name}")
        expect(one.page.get_by_role("heading", name="Settings")).to_be_visible()
        look(one.page, "users" if name == "users" else None)
    for path in ("/orders/new", "/address-book", "/address-book/entry", "/postage/payments", "/tracking", "/parcels"):
        one.page.goto(path)
        look(one.page)
    one.page.goto("/orders/import")
    bad = FilePayload(name="orders.csv", mimeType="text/csv", buffer=b"reference,city\nREF-1,Leeds\n")
    one.page.get_by_label("CSV file").set_input_files([bad])
    one.page.get_by_role("button", name="Import").click()
    expect(one.page.get_by_role("alert")).to_contain_text("Nothing has been imported.")
    look(one.page, "import-refused")
    one.complaints.clear()  # the browser's own word about the 400
    one.page.set_viewport_size(ViewportSize(width=390, height=780))
    one.page.goto("/orders")
    assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(one.page, "telephone")
    operator = stack.operator()
    operator.post("/incidents", json={"title": "Labels were slow", "component": "Labels", "text": "A cable was loose."})
    operator.put("/containment", json={"closed": True, "reason": "Some customers may have seen orders of others."})
    one.page.set_viewport_size(SIZE)
    one.page.goto("/orders")
    expect(one.page.locator("body")).not_to_contain_text(one.recipient)
    one.page.goto("/status")
    expect(one.page.locator("#closed")).to_be_visible()
    look(one.page, "status-closed")
    one.complaints.clear()  # the browser's own word about the 503
    operator.put("/containment", json={"closed": False, "reason": "All is well."})


def test_by_keyboard(tenants: list[Tenant]) -> None:
    """Nobody needs a mouse: what has the focus is seen, and the first step leads past the head of a page."""
    one, _ = tenants
    one.page.goto("/log-in")
    keys = one.page.keyboard
    keys.press("Tab")
    expect(one.page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    for _ in range(2):
        keys.press("Tab")
    keys.type(one.email)
    keys.press("Tab")
    keys.type(one.password)
    keys.press("Enter")
    expect(one.page.get_by_role("heading", name="Orders")).to_be_visible()
    keys.press("Tab")
    keys.press("Enter")
    keys.press("Tab")
    expect(one.page.get_by_role("link", name="New order")).to_be_focused()
    assert one.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_without_scripts(stack: Service, browser: Browser) -> None:
    """Everything that matters works in a browser that runs no scripts."""
    with browser.new_context(base_url=stack.ready["origin"], java_script_enabled=False) as context:
        user = stack.ready["users"][0]
        tenant = Tenant(stack.ready["names"][0], user["email"], user["password"], "Cleo Reed", context.new_page(), [])
        tenant.log_in()
        tenant.page.get_by_role("link", name="New order").click()
        for label, text in (("Name", "Cleo Reed"), ("Address line 1", "1 Quay"), ("Town or city", "Hull")):
            tenant.page.get_by_label(label, exact=True).first.fill(text)
        tenant.page.get_by_label("Service").select_option("TPN24")
        tenant.page.get_by_role("button", name="Save").click()
        expect(tenant.page.get_by_role("status")).to_have_text("The order has been made.")
        tenant.page.get_by_role("link", name="Pay for postage").click()
        expect(tenant.page.locator("input:checked")).to_have_count(1)
        tenant.page.get_by_role("button", name="Pay").click()
        expect(tenant.page.get_by_role("heading", name="Paid")).to_be_visible()
        tenant.page.get_by_text("Refund", exact=True).click()
        tenant.page.get_by_role("button", name="Give the money back").click()
        expect(tenant.page.get_by_role("heading", name="Given back")).to_be_visible()
        tenant.page.locator("td.name a").click()
        tenant.page.get_by_text("Delete", exact=True).click()
        tenant.page.get_by_role("button", name="Delete for good").click()
        expect(tenant.page.get_by_role("status")).to_have_text("It has been deleted.")
        tenant.page.get_by_role("button", name="Log out").click()
        expect(tenant.page.get_by_role("heading", name="Log in")).to_be_visible()
