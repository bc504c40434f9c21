"""Many sessions at once (incident classes C3 and C6)."""

from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fixtures import operations as op
from fixtures.apis import SHOP
from fixtures.markets import Market, open_market
from fixtures.merchants import Merchant
from fixtures.profiles import traffic
from partywall.drive.trial import require
from partywall.model import Request
from partywall.oracle.coverage import overlaps
from partywall.suite.isolation import Isolation
from strategies.drafts import OWN, Draft
from strategies.openings import Opening, openings
from strategies.orders import orders

SESSIONS = 3


@traffic(examples=2)
@given(
    opening=openings(tenants=6),
    drafts=st.lists(orders(reference=st.just(f"LOAD-{OWN}")), min_size=2, max_size=3),
    randoms=st.randoms(use_true_random=False),
)
def test_concurrent_load(isolation: Isolation, opening: Opening, drafts: list[Draft], randoms: Random) -> None:
    """Under the load of many sessions at once, each is shown its own tenant's data, all of it, and nobody else's."""

    def work(market: Market, merchant: Merchant) -> list[Request]:
        return [*market.api.reads(merchant), op.create_orders(merchant.planted(drafts)), op.list_orders()]

    with open_market(isolation, opening) as market:
        load(market, SESSIONS, work, randoms)


@traffic(examples=1)
@given(opening=openings(tenants=2), randoms=st.randoms(use_true_random=False))
def test_concurrent_load_shop(isolation: Isolation, opening: Opening, randoms: Random) -> None:
    """Under load of the shop's 16 operations at once, each tenant is shown its own, all of it, and nobody else's."""

    def work(market: Market, merchant: Merchant) -> list[Request]:
        return [*market.api.reads(merchant), *market.api.own_writes(merchant, opening)]

    with open_market(isolation, opening, SHOP) as market:
        load(market, 2, work, randoms)


def load(market: Market, sessions: int, work: Callable[[Market, Merchant], list[Request]], randoms: Random) -> None:
    """So many sessions of each do this work at the same time, each in an order of its own."""
    calls = []
    for merchant in market.merchants:
        for index in range(sessions):
            session = market.trial.session(merchant.tenant, index)
            requests = work(market, merchant)
            randoms.shuffle(requests)
            calls += [(session, request) for request in requests]
    randoms.shuffle(calls)
    market.learn(market.trial.together(calls))
    require(overlaps(market.trial.history), "no two tenants' requests overlapped")
    market.sweep()
