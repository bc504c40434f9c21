"""Operations that take another tenant's identifiers (incident classes C9, C11 and C15)."""

from hypothesis import given

from fixtures import operations as op
from fixtures.crossings import foreign_reads, foreign_writes
from fixtures.markets import open_market
from fixtures.merchants import body
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=3))
def test_foreign_identifiers(isolation: Isolation, opening: Opening) -> None:
    """Naming another tenant's orders, labels, manifests or page tokens shows nothing of them and changes nothing."""
    with open_market(isolation, opening) as market:
        for viewer, owner in market.pairs():
            for request in foreign_reads(viewer, owner):
                viewer.send(request, "foreign")
            token = (body(owner.send(op.list_orders(page_size=1))) or {}).get("continuationToken")
            if token:
                viewer.send(op.list_orders(page_size=1, token=token), "foreign")
                viewer.send(op.list_orders(full=True, page_size=1, token=token), "foreign")
        for viewer, owner in market.pairs():
            for request in foreign_writes(viewer, owner):
                viewer.send(request, "foreign")
            for request in (op.list_orders(), op.list_orders(full=True), op.get_orders(list(owner.orders))):
                owner.send(request, "after-foreign-write")
        market.sweep()
