"""People in browsers: pages of several tenants at once, sessions that begin and end, live updates (incident I01)."""

from itertools import permutations

from hypothesis import given

from fixtures import website
from fixtures.crossings import nobody_like
from fixtures.merchants import Merchant, require_success
from fixtures.profiles import traffic
from fixtures.visitors import Visitor, led_on, listen_and_despatch, open_website, side_by_side, together
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings

_FAR = 1_000_000


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_pages(isolation: Isolation, opening: Opening) -> None:
    """On the website, tenants who look at the same pages at once are shown their own and nothing else; a log-in begins
    a session, and a log-out ends it, whatever its browser has kept."""
    with open_website(isolation, opening) as visitors:
        for visitor in visitors:
            visitor.controls()
        for requests in zip(*(visitor.pages() for visitor in visitors), strict=True):
            side_by_side(visitors, list(requests))
        for viewer, owner in permutations(visitors, 2):
            name_foreign(viewer, owner)
        renew(visitors)
        for _ in visitors[0].merchant.trial.until_met(website.SAVE_ENTRY, website.LOG_OUT):
            for viewer, owner in permutations(visitors, 2):
                write_beside(viewer, owner)
        for visitor in visitors:
            led_on([visitor.send(website.log_out())])
            for request in (*visitor.pages(), visitor.entry()):
                visitor.send(request, "logged-out")
            visitor.session.listen(website.events(), "logged-out").close()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_live_updates(isolation: Isolation, opening: Opening) -> None:
    """Who has the page of orders open is told what becomes of its own orders, and nothing of others'."""
    with open_website(isolation, opening) as visitors:
        listen_and_despatch(visitors)


def name_foreign(viewer: Visitor, owner: Visitor) -> None:
    """A visitor names what nobody has, what is another's, and what it has no more itself."""
    theirs, nobodys = min(owner.merchant.orders), owner.merchant.trial.mark(owner.merchant.trial.control)
    for page in (website.order, website.order_status):
        viewer.send(page(theirs + _FAR), "negative-control")
        viewer.send(page(theirs), "foreign")
        viewer.send(page(viewer.gone), "deleted")
    for merchant, named in ((nobody_like(owner.merchant), "negative-control"), (owner.merchant, "foreign")):
        viewer.send(website.payment(next(iter(merchant.checkouts))), named)
    viewer.send(website.search(f"REF-{nobodys}"), "negative-control")
    viewer.send(website.search(owner.known), "foreign")
    for email in (f"{nobodys}@example.org", owner.email):
        viewer.send(website.log_in(email, "not the password", "Browser"), "foreign")


def renew(visitors: list[Visitor]) -> None:
    """All log in once more, at one moment, the control tenant beside them; what they are shown is their own still."""
    trial = visitors[0].merchant.trial
    stranger = Visitor(Merchant(trial, trial.control))
    stranger.join()
    everyone = [*visitors, stranger]
    for _ in trial.until_met(website.LOG_IN_PAGE, website.LOG_IN):
        require_success(together(everyone, [website.log_in_page() for _ in everyone]))
        led_on(together(everyone, [each.filled_in() for each in everyone]))
    for each in everyone:
        for request in each.pages():
            each.send(request, "renewed")


def write_beside(viewer: Visitor, owner: Visitor) -> None:
    """A visitor changes what is its own and goes out and in, while another looks at what it has."""
    owner.send(owner.status())
    for form in (viewer.entry(), website.log_out()):
        led_on(together([viewer, owner], [form, website.orders()])[:1])
    viewer.log_in()
    owner.send(owner.status())
