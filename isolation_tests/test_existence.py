"""Answers that tell what exists elsewhere (incident class C15)."""

from hypothesis import given

from fixtures.crossings import foreign_reads, foreign_references, foreign_writes, nobody_like
from fixtures.markets import open_market
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=2))
def test_existence(isolation: Isolation, opening: Opening) -> None:
    """To name what another tenant has is answered like naming what nobody has: reads, writes, references in use."""
    with open_market(isolation, opening) as market:
        for viewer, owner in market.pairs():
            nobody = nobody_like(owner)
            for crossings in (foreign_reads, foreign_writes):
                for foreign, control in zip(crossings(viewer, owner), crossings(viewer, nobody), strict=True):
                    viewer.send(control, "negative-control")
                    viewer.send(foreign, "foreign")
            for request in foreign_references(viewer, opening.orders[2], nobody, owner):
                viewer.send(request, "foreign-reference")
        market.sweep()
