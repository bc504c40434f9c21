"""Caches that forget whose answer they keep (incident classes C1, C2 and C9)."""

from hypothesis import given

from fixtures.apis import SHOP
from fixtures.markets import Market, open_market
from fixtures.profiles import traffic
from fixtures.shop import TRACK_PARCEL
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=3))
def test_warm_cache(isolation: Isolation, opening: Opening) -> None:
    """What one tenant's request has put into a cache is shown to no other tenant that sends the same request."""
    with open_market(isolation, opening) as market:
        warm_and_read(market)


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_warm_cache_shop(isolation: Isolation, opening: Opening) -> None:
    """What one tenant's request to the shop has put into a cache is shown to no other that sends the same request."""
    with open_market(isolation, opening, SHOP) as market:
        warm_and_read(market)


def warm_and_read(market: Market) -> None:
    """Each sends every GET, then all others send the same."""
    for warmer, reader in market.pairs():
        for request in market.api.reads(warmer):
            warmer.send(request, "warm")
            reader.send(request, "read-after-warm")
            # What the control tenant sees is nobody's secret: it would see the number that it asks for.
            if request.operation != TRACK_PARCEL:
                market.control.send(request, "read-after-warm")
            warmer.send(request, "read-again")
