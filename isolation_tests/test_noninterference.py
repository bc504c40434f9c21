"""Counts, totals, messages and order that depend on others (incident class C15)."""

from hypothesis import given

from fixtures.companies import errands, programme
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=2)
@given(opening=openings(tenants=4))
def test_noninterference(isolation: Isolation, opening: Opening) -> None:
    """What a tenant is answered is a function of what it did: whatever others do changes ids and times only."""
    isolation.twins(programme(opening), errands(opening), tenants=opening.tenants)
