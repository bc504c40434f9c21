"""Services that believe whoever names a tenant (incident class C12)."""

from hypothesis import given

from fixtures.apis import SHOP
from fixtures.crossings import foreign_claims, foreign_headers
from fixtures.markets import open_market
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=2))
def test_tenant_source(isolation: Isolation, opening: Opening) -> None:
    """The tenant is the credential's, whatever a header claims."""
    with open_market(isolation, opening) as market:
        for viewer, owner in market.pairs():
            for request in foreign_headers(viewer, owner):
                viewer.send(request, "foreign-header")
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_tenant_source_shop(isolation: Isolation, opening: Opening) -> None:
    """The shop's tenant is the credential's, whatever headers, cookies and parameters claim."""
    with open_market(isolation, opening, SHOP) as market:
        for viewer, owner in market.pairs():
            for request in SHOP.looks(viewer):
                for claim in foreign_claims(request, owner):
                    viewer.send(claim, "foreign-header")
