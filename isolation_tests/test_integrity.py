"""Writes that show nothing to who sends them (incident classes C11 and C12)."""

from dataclasses import replace

from hypothesis import given

from fixtures import shopping
from fixtures.apis import SHOP
from fixtures.crossings import foreign_headers
from fixtures.markets import Market, open_market
from fixtures.merchants import Merchant
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=2))
def test_integrity(isolation: Isolation, opening: Opening) -> None:
    """After each write of another, be it to what is the owner's or in its name, an owner finds all unchanged."""
    with open_market(isolation, opening) as market:
        write_and_look(market, opening)
        for viewer, owner in market.pairs():
            for request in list(foreign_headers(viewer, owner))[:3]:
                viewer.send(request, "foreign-header")
            look(market, owner)
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_integrity_shop(isolation: Isolation, opening: Opening) -> None:
    """After each of another's writes in the shop, to what is the owner's or its own, an owner finds all unchanged."""
    # What a job changes may show at any time after it was asked for: nobody has asked for one yet.
    with open_market(isolation, opening, replace(SHOP, settle=shopping.buy)) as market:
        write_and_look(market, opening)


def write_and_look(market: Market, opening: Opening) -> None:
    """Each writes to what is another's, and then for itself, which may hit the other's too."""
    for viewer, owner in market.pairs():
        look(market, owner)
        for request in market.api.foreign_writes(viewer, owner):
            viewer.send(request, "foreign")
            look(market, owner)
    for viewer, owner in market.pairs():
        look(market, owner)
        for request in market.api.own_writes(viewer, opening):
            viewer.send(request)
            look(market, owner)


def look(market: Market, owner: Merchant) -> None:
    """The owner reads all that it owns."""
    for request in market.api.looks(owner):
        owner.send(request, "look")
