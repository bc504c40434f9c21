"""Answers that tell what exists elsewhere (incident class C15)."""

from hypothesis import given

from fixtures.apis import SHOP
from fixtures.crossings import foreign_references, nobody_like
from fixtures.markets import Market, open_market
from fixtures.policy import POLICY
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=2))
def test_existence(isolation: Isolation, opening: Opening) -> None:
    """To name what another tenant has is answered like naming what nobody has: reads, writes, references in use."""
    with open_market(isolation, opening) as market:
        name_foreign_and_nobodys(market)
        for viewer, owner in market.pairs():
            for request in foreign_references(viewer, opening.orders[2], nobody_like(owner), owner):
                viewer.send(request, "foreign-reference")
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_existence_shop(isolation: Isolation, opening: Opening) -> None:
    """To name in the shop what another tenant has is answered like naming what nobody has, tracking numbers aside."""
    with open_market(isolation, opening, SHOP) as market:
        name_foreign_and_nobodys(market)


def name_foreign_and_nobodys(market: Market) -> None:
    """Each names what is another's, and in the same way what nobody has."""
    for viewer, owner in market.pairs():
        nobody = nobody_like(owner)
        for crossings in (market.api.foreign_reads, market.api.foreign_writes):
            for foreign, control in zip(crossings(viewer, owner), crossings(viewer, nobody), strict=True):
                if not POLICY.why_excluded(foreign.operation, "existence"):
                    viewer.send(control, "negative-control")
                    viewer.send(foreign, "foreign")
