"""Clients that hang up before the answer (incident classes C4 and C7)."""

from hypothesis import given

from fixtures.markets import open_market
from fixtures.merchants import reads
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings

DELAYS_MS = (0, 1, 2, 4, 6, 8, 12)


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_hung_up_clients(isolation: Isolation, opening: Opening) -> None:
    """After clients have hung up in the middle of their requests, everyone still gets its own and nothing else."""
    with open_market(isolation, opening) as market:
        for delay_ms in DELAYS_MS:
            for one, other in market.pairs():
                # What the reply that nobody read looks like to its next reader depends on what that asks for.
                for mine, theirs in zip(reads(one)[3:], reads(other)[3:], strict=True):
                    market.trial.hang_up(one.tenant, mine, delay_ms)
                    other.send(theirs, "after-hang-up")
                    one.send(mine, "after-hang-up")
        market.sweep()
