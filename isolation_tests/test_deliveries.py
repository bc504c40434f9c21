"""What a service sends by itself, to whom it thinks it concerns (incident class C10)."""

from hypothesis import given

from fixtures import operations as op
from fixtures.letters import await_letters, despatch
from fixtures.markets import Market
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=1)
@given(opening=openings(tenants=3))
def test_letters(isolation: Isolation, opening: Opening) -> None:
    """A letter about an order reaches the address that the order names, and nobody else's."""
    with isolation.trial(tenants=opening.tenants) as trial:
        market = Market(trial)
        addressed = [(merchant, despatch(merchant, opening)) for merchant in market.merchants]
        for merchant, address in addressed:
            await_letters(merchant, address)
        for merchant, address in addressed:
            trial.operate(merchant.tenant, op.letters(address))
