"""Many sessions at once (incident classes C3 and C6)."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fixtures import operations as op
from fixtures.markets import open_market, reads
from fixtures.profiles import traffic
from partywall.drive.trial import require
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
    with open_market(isolation, opening) as market:
        calls = []
        for merchant in market.merchants:
            for index in range(SESSIONS):
                session = market.trial.session(merchant.tenant, index)
                work = [*reads(merchant), op.create_orders(merchant.planted(drafts)), op.list_orders()]
                randoms.shuffle(work)
                calls += [(session, request) for request in work]
        randoms.shuffle(calls)
        market.learn(market.trial.together(calls))
        require(overlaps(market.trial.history), "no two tenants' requests overlapped")
        market.sweep()
