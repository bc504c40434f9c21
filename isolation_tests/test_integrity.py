"""Writes that show nothing to who sends them (incident classes C11 and C12)."""

from hypothesis import given

from fixtures import operations as op
from fixtures.crossings import foreign_headers, foreign_writes
from fixtures.markets import open_market, own_writes
from fixtures.merchants import Merchant
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


def look(owner: Merchant) -> None:
    """The owner reads all that it owns."""
    for request in (op.list_orders(full=True), op.get_orders(list(owner.orders), full=True)):
        owner.send(request, "look")
    owner.send(op.get_manifest(owner.manifests[-1]), "look")


@traffic(examples=2)
@given(opening=openings(tenants=2))
def test_integrity(isolation: Isolation, opening: Opening) -> None:
    """After each write of another, be it to what is the owner's or in its name, an owner finds all unchanged."""
    with open_market(isolation, opening) as market:
        for viewer, owner in market.pairs():
            look(owner)
            for request in foreign_writes(viewer, owner):
                viewer.send(request, "foreign")
                look(owner)
            # What the viewer does for itself may hit the owner's too.
            for request in own_writes(viewer, opening):
                viewer.send(request)
                look(owner)
            for request in list(foreign_headers(viewer, owner))[:3]:
                viewer.send(request, "foreign-header")
            look(owner)
        market.sweep()
