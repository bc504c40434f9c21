"""Two tenants at the same instant, on the same kind of resource (incident classes C3 and C6)."""

from hypothesis import given

from fixtures.markets import open_market, reads
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=3)
@given(opening=openings(tenants=3))
def test_barrier_pairs(isolation: Isolation, opening: Opening) -> None:
    """Two tenants that ask for their own at the same instant, in either order, get their own."""
    with open_market(isolation, opening) as market:
        for one, other in market.pairs():
            for mine, theirs in zip(reads(one), reads(other), strict=True):
                market.trial.together([(one.tenant, mine), (other.tenant, theirs)])
        market.sweep()
