"""Credentials that were taken away, and objects that were removed (incident class C14)."""

from hypothesis import given

from fixtures import operations as op
from fixtures.apis import SHOP
from fixtures.markets import Market, open_market
from fixtures.merchants import Merchant, body
from fixtures.profiles import traffic
from partywall.drive.trial import require
from partywall.suite.isolation import Isolation
from strategies.drafts import OWN
from strategies.openings import Opening, openings


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_revocation(isolation: Isolation, opening: Opening) -> None:
    """Once a key's revocation is answered, the key opens nothing, however often it is tried; what was removed is
    gone."""
    with open_market(isolation, opening) as market:
        for merchant in market.merchants:
            use_revoked(market, merchant, opening, rounds=3)
            spare = max(merchant.orders)
            removed = merchant.send(op.delete_orders([spare]))
            require(removed.succeeded, f"{removed.operation}: came {removed.status} {removed.fault}")
            for full in (False, True):
                merchant.send(op.get_orders([spare], full=full), "removed")
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_revocation_shop(isolation: Isolation, opening: Opening) -> None:
    """Once a key's revocation is answered, the key opens nothing in the shop."""
    with open_market(isolation, opening, SHOP) as market:
        for merchant in market.merchants:
            use_revoked(market, merchant, opening, rounds=1)


def use_revoked(market: Market, merchant: Merchant, opening: Opening, rounds: int) -> None:
    """A further key of a merchant's opens everything, is revoked, and is tried again so often."""
    account, reads = market.trial.account(merchant.tenant), market.api.reads(merchant)
    key = body(market.trial.operate(merchant.tenant, op.create_key(account), opens=1))
    second = market.trial.session(merchant.tenant, 1)
    for request in reads:
        require(second.send(request).succeeded, f"{request.operation}: a new key does not open it")
    revoked = market.trial.operate(merchant.tenant, op.revoke_key(account, key["id"]))
    require(revoked.succeeded, f"{revoked.operation}: came {revoked.status} {revoked.fault}")
    merchant.create_all([{**opening.orders[-1], "orderReference": f"SPARE-{OWN}"}])
    for _ in range(rounds):
        for request in (*reads, *market.api.own_writes(merchant, opening)):
            second.send(request, "revoked")
