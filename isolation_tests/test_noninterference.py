"""Counts, totals, messages and order that depend on others (incident class C15)."""

from hypothesis import given

from fixtures.companies import errands, errands_in_the_shop, programme, programme_in_the_shop
from fixtures.profiles import traffic
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings


@traffic(examples=1)
@given(opening=openings(tenants=4))
def test_noninterference(isolation: Isolation, opening: Opening) -> None:
    """What a tenant is answered is a function of what it did: whatever others do changes ids and times only."""
    isolation.twins(programme(opening), errands(opening), tenants=opening.tenants)


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_noninterference_shop(isolation: Isolation, opening: Opening) -> None:
    """What the shop answers a tenant is a function of what it did: whatever others do changes ids and times only."""
    isolation.twins(programme_in_the_shop(opening), errands_in_the_shop(opening), tenants=opening.tenants)
