"""Clients that hang up before the answer (incident classes C4 and C7)."""

from hypothesis import given

from fixtures.markets import open_market, reads
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings

DELAYS_MS = (0, 1, 2, 4, 6, 8, 12)


@traffic(examples=2)
@given(opening=openings(tenants=3))
def test_hung_up_clients(isolation: Isolation, opening: Opening) -> None:
    """After clients have hung up in the middle of their requests, everyone still gets its own and nothing else."""
    with open_market(isolation, opening) as market:
        for delay_ms in DELAYS_MS:
            for merchant in market.merchants:
                for request in reads(merchant)[3:]:
                    market.trial.hang_up(merchant.tenant, request, delay_ms)
            for merchant in (*market.merchants, market.control):
                for request in reads(merchant):
                    merchant.send(request, "sweep")
        market.sweep()
