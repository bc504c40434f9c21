"""Caches that forget whose answer they keep (incident classes C1, C2 and C9)."""

from hypothesis import given

from fixtures.markets import open_market, reads
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=3)
@given(opening=openings(tenants=3))
def test_warm_cache(isolation: Isolation, opening: Opening) -> None:
    """What one tenant's request has put into a cache is shown to no other tenant that sends the same request."""
    with open_market(isolation, opening) as market:
        for warmer, reader in market.pairs():
            for request in reads(warmer):
                warmer.send(request, "warm")
                reader.send(request, "read-after-warm")
                market.control.send(request, "read-after-warm")
                warmer.send(request, "read-again")
