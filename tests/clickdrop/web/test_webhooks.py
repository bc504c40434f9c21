"""Webhooks as an account's owners keep them, and what comes of orders in a service that runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clickdrop.adapters.webhooks import NOT_PUBLIC
from clickdrop.service.team import MAX_WEBHOOKS
from tests.clickdrop.receivers import receiving
from tests.clickdrop.services import order, running, until
from tests.clickdrop.web.test_orders_pages import make
from tests.clickdrop.web.visitors import Site, shown

if TYPE_CHECKING:
    from tests.clickdrop.web.visitors import Visitor

PAGE = "/settings/webhooks"
URL = "https://hooks.example/orders?key=1"


def add(owner: Visitor, url: str = URL) -> str:
    """Add a webhook, and answer its secret."""
    page = owner.send(PAGE, {"url": url})
    assert page.status_code == 200, page.text
    (secret,) = re.findall(r'id="secret">([^<]+)<', page.text)
    return str(secret)


def webhooks(owner: Visitor) -> list[str]:
    """Answer the identifiers of the account's webhooks."""
    return re.findall(r'name="webhook" value="([^"]+)"', owner.http.get(PAGE).text)


def test_webhooks_are_their_owners(owner: Visitor, other: Visitor) -> None:
    """A secret is shown once; a webhook is seen and removed by its account alone."""
    secrets = {add(owner), add(owner)}
    assert len(secrets) == 2
    assert all(secret.startswith("whsec_") for secret in secrets)
    page = owner.http.get(PAGE)
    assert not any(secret in page.text for secret in secrets)
    assert shown(page).count(URL) == 2
    assert URL not in shown(other.http.get(PAGE))
    first, second = webhooks(owner)
    for unknown in (first, "x"):
        assert other.send(f"{PAGE}/remove", {"webhook": unknown}).status_code == 404
    assert owner.send(f"{PAGE}/remove", {"webhook": first}).status_code == 303
    assert owner.send(f"{PAGE}/remove", {"webhook": first}).status_code == 404
    assert webhooks(owner) == [second]


def test_webhooks_that_are_refused(owner: Visitor) -> None:
    """What is no address is refused, and so is one webhook too many."""
    for url in ("", "ftp://hooks.example", "https://ada@hooks.example"):
        answer = owner.send(PAGE, {"url": url})
        assert (answer.status_code, "Expected an address" in answer.text) == (400, True)
    for _ in range(MAX_WEBHOOKS):
        add(owner)
    answer = owner.send(PAGE, {"url": URL})
    assert (answer.status_code, "at most" in answer.text) == (400, True)
    assert len(webhooks(owner)) == MAX_WEBHOOKS


def test_this_machine_is_not_called(owner: Visitor) -> None:
    """A service calls nobody on its own machine unless it is told to, and says so where the webhook is."""
    with receiving() as receiver:
        add(owner, receiver.url())
        make(owner, reference="REF-1")
        until(lambda: NOT_PUBLIC in owner.http.get(PAGE).text, "the call has been refused")
        assert receiver.calls == []


def test_a_letter_leads_to_what_names_nobody(site: Site) -> None:
    """The link in a letter shows anybody where the parcel is, and neither name nor address."""
    tenant = site.service.tenant()
    address = f"payer-{tenant.account_id[:8]}@shop.example"
    postage = {"serviceCode": "TPN24", "receiveEmailNotification": True, "sendNotificationsTo": "billing"}
    contacts: dict[str, Any] = {"billing": {"emailAddress": address}, "sender": {"emailAddress": "nobody@shop.example"}}
    label = {"includeLabelInResponse": False}
    (made,) = tenant.create(order("REF-1", postageDetails=postage, label=label, **contacts))
    links: list[str] = []

    def has_come() -> bool:
        try:
            links.append(site.link(address))
        except AssertionError:
            return False
        return True

    until(has_come, "the letter has come")
    assert links[0].endswith(made["trackingNumber"])
    tracked = site.visitor().http.get(links[0])
    assert "Label made" in tracked.text
    assert not re.search("Ada|Fenwick|Tide|Whitby|YO21", tracked.text)


def test_a_webhook_on_this_machine() -> None:
    """A service that is told to calls webhooks on its own machine: with what its tenant does, and what came of it."""
    with receiving() as receiver, running("--webhooks-to-loopback") as service:
        site = Site(service)
        owner, other = site.owner(), site.owner()
        secret = add(owner, receiver.url())
        make(other, reference="REF-1")
        identifier = make(owner, reference="REF-1")
        until(lambda: ">204<" in owner.http.get(PAGE).text, "the webhook has been told")
        call, *again = receiver.calls  # a busy machine may have been too slow for the first attempt
    assert {each.headers["webhook-id"] for each in again} <= {call.headers["webhook-id"]}
    assert (call.told["type"], str(call.told["data"]["orderIdentifier"])) == ("order.created", str(identifier))
    assert call.is_signed_with(secret)
