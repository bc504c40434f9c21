"""What every tenant sees when nobody tries anything."""

from hypothesis import given

from fixtures.apis import SHOP
from fixtures.markets import open_market
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=3)
@given(opening=openings())
def test_own_world(isolation: Isolation, opening: Opening) -> None:
    """Every tenant uses all 15 operations, finds all that is its own, and is shown nothing of anyone else's."""
    with open_market(isolation, opening) as market:
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_own_world_shop(isolation: Isolation, opening: Opening) -> None:
    """In the shop, every tenant uses all 16 operations, finds all that is its own, and nothing of anyone else's."""
    with open_market(isolation, opening, SHOP) as market:
        market.sweep()
