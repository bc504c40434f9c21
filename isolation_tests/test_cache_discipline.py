"""What responses tell caches (incident class C1)."""

from hypothesis import given

from fixtures.crossings import with_headers
from fixtures.markets import open_market
from fixtures.merchants import reads
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_cache_discipline(isolation: Isolation, opening: Opening) -> None:
    """A validator that was given to one tenant with its answer to a GET is never confirmed to another."""
    with open_market(isolation, opening) as market:
        for one, other in market.pairs():
            for request in reads(one):
                tag = one.send(request).header("etag") or '"none"'
                other.send(with_headers(request, [("If-None-Match", tag)]), "foreign-validator")
                other.send(request)
        market.sweep()
