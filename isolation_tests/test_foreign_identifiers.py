"""Operations that take another tenant's identifiers (incident classes C9, C11 and C15)."""

from hypothesis import given

from fixtures.apis import SHOP
from fixtures.markets import Market, open_market
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=3))
def test_foreign_identifiers(isolation: Isolation, opening: Opening) -> None:
    """Naming another tenant's orders, labels, manifests or page tokens shows nothing of them and changes nothing."""
    with open_market(isolation, opening) as market:
        name_in_reads(market)
        name_in_writes(market)
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_foreign_identifiers_shop(isolation: Isolation, opening: Opening) -> None:
    """Naming another's orders, checkouts, parcels or jobs in the shop shows nothing of them and changes nothing."""
    with open_market(isolation, opening, SHOP) as market:
        name_in_reads(market)
        name_in_writes(market)


def name_in_reads(market: Market) -> None:
    """Everyone reads everyone's."""
    for viewer, owner in market.pairs():
        for request in (*market.api.foreign_reads(viewer, owner), *market.api.foreign_pages(owner)):
            viewer.send(request, "foreign")


def name_in_writes(market: Market) -> None:
    """Everyone writes to everyone's, whose owner then looks."""
    for viewer, owner in market.pairs():
        for request in market.api.foreign_writes(viewer, owner):
            viewer.send(request, "foreign")
        for request in market.api.looks(owner):
            owner.send(request, "after-foreign-write")
