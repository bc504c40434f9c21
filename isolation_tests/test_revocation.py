"""Credentials that were taken away (incident class C14)."""

from hypothesis import given

from fixtures import operations as op
from fixtures.markets import open_market, reads
from fixtures.merchants import body
from fixtures.profiles import traffic
from partywall.drive.trial import require
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings

ROUNDS = 3


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_revocation(isolation: Isolation, opening: Opening) -> None:
    """From the moment that a key's revocation is answered, the key opens nothing, however often it is tried."""
    with open_market(isolation, opening) as market:
        for merchant in market.merchants:
            account = merchant.trial.account(merchant.tenant)
            key = body(merchant.trial.operate(merchant.tenant, op.create_key(account), opens=1))
            second = merchant.trial.session(merchant.tenant, 1)
            for request in reads(merchant):
                require(second.send(request).succeeded, f"{request.operation}: a new key does not open it")
            revoked = merchant.trial.operate(merchant.tenant, op.revoke_key(account, key["id"]))
            require(revoked.succeeded, f"{revoked.operation}: came {revoked.status} {revoked.fault}")
            for _ in range(ROUNDS):
                for request in reads(merchant):
                    second.send(request, "revoked")
        market.sweep()
