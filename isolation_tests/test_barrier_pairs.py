"""Two tenants at the same instant, on the same kind of resource (incident classes C3 and C6)."""

from hypothesis import given

from fixtures.apis import SHOP
from fixtures.markets import Market, open_market
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=3)
@given(opening=openings(tenants=3))
def test_barrier_pairs(isolation: Isolation, opening: Opening) -> None:
    """Two tenants that ask for their own at the same instant, in either order, get their own."""
    with open_market(isolation, opening) as market:
        read_in_pairs(market)


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_barrier_pairs_shop(isolation: Isolation, opening: Opening) -> None:
    """Two tenants that ask the shop for their own at the same instant, in either order, get their own."""
    with open_market(isolation, opening, SHOP) as market:
        read_in_pairs(market)


def read_in_pairs(market: Market) -> None:
    """Every pair reads the same kinds of things, each its own, together."""
    for one, other in market.pairs():
        for mine, theirs in zip(market.api.reads(one), market.api.reads(other), strict=True):
            market.trial.together([(one.tenant, mine), (other.tenant, theirs)])
    market.sweep()
