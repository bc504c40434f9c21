"""Anything, in any order: a state machine of merchants over all 15 operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from fixtures import operations as op
from fixtures.crossings import foreign_reads, foreign_writes
from fixtures.markets import Market
from fixtures.merchants import body, reads
from fixtures.profiles import traffic
from strategies.drafts import OWN, Draft
from strategies.openings import Opening, openings
from strategies.orders import orders, references, returns

if TYPE_CHECKING:
    from fixtures.merchants import Merchant
    from partywall.suite.isolation import Isolation

# Drawn from a few, so that steps of different tenants meet.
people = st.integers(0, 7)
choices = st.integers(0, 999)


class Journeys(RuleBasedStateMachine):
    """What merchants do, to their own objects and to each other's."""

    isolation: Isolation

    @initialize(opening=openings())
    def open(self, opening: Opening) -> None:
        """Everyone owns something of every kind before anything else happens."""
        self.trial = self.isolation.trial(tenants=opening.tenants)
        self.market = Market(self.trial)
        self.market.settle(opening)

    def merchant(self, index: int) -> Merchant:
        """One of the merchants."""
        return self.market.merchants[index % len(self.market.merchants)]

    def two(self, index: int) -> tuple[Merchant, Merchant]:
        """Two different merchants."""
        return self.merchant(index), self.merchant(index + 1 + index % (len(self.market.merchants) - 1))

    @rule(who=people, drafts=st.lists(orders(), min_size=1, max_size=2))
    def create(self, who: int, drafts: list[Draft]) -> None:
        """Orders, some with a reference that the tenant already uses: an error beside successes."""
        self.merchant(who).create(drafts)

    @rule(who=people, which=choices)
    def read_own(self, who: int, which: int) -> None:
        """Any of the GETs, for the tenant's own."""
        merchant = self.merchant(who)
        requests = reads(merchant)
        merchant.send(requests[which % len(requests)])

    @rule(who=people, full=st.booleans(), page_size=st.sampled_from((1, 2, 25, 100)))
    def walk(self, who: int, full: bool, page_size: int) -> None:  # a drawn value
        """A whole list, page by page."""
        self.merchant(who).walk(full=full, page_size=page_size)

    @rule(who=people, which=choices, status=st.sampled_from(("new", "despatched")))
    def set_status(self, who: int, which: int, status: str) -> None:
        """One of the tenant's own orders moves on, or back."""
        merchant = self.merchant(who)
        if merchant.orders:
            merchant.send(op.set_status([list(merchant.orders)[which % len(merchant.orders)]], status))

    @rule(who=people)
    def manifest(self, who: int) -> None:
        """A manifest of what is eligible, if anything is."""
        merchant = self.merchant(who)
        merchant.send(op.create_manifest())
        merchant.send(op.get_manifest(merchant.manifests[-1]))
        merchant.send(op.retry_manifest(merchant.manifests[-1]))

    @rule(who=people, draft=returns())
    def send_back(self, who: int, draft: Draft) -> None:
        """A return."""
        merchant = self.merchant(who)
        merchant.send(op.create_return(merchant.planted(draft)))

    @rule(who=people)
    def delete_newest(self, who: int) -> None:
        """One of the tenant's own orders goes. Those of the opening stay, so that there is always a control."""
        merchant = self.merchant(who)
        if len(merchant.orders) > 3:
            merchant.send(op.delete_orders([list(merchant.orders)[-1]]))

    @rule(who=people, which=choices)
    def ask_for_foreign(self, who: int, which: int) -> None:
        """A read that names what is another tenant's."""
        viewer, owner = self.two(who)
        requests = list(foreign_reads(viewer, owner))
        viewer.send(requests[which % len(requests)], "foreign")

    @rule(who=people, which=choices)
    def write_to_foreign(self, who: int, which: int) -> None:
        """A write that names what is another tenant's; then the owner looks."""
        viewer, owner = self.two(who)
        requests = list(foreign_writes(viewer, owner))
        viewer.send(requests[which % len(requests)], "foreign")
        owner.send(op.get_orders(list(owner.orders)), "after-foreign-write")

    @rule(who=people, which=choices)
    def same_request(self, who: int, which: int) -> None:
        """Two tenants send the same request, one after the other."""
        one, other = self.two(who)
        requests = reads(one)
        request = requests[which % len(requests)]
        for merchant in (one, other, self.market.control):
            merchant.send(request, "same-request")

    @rule(who=people, which=choices)
    def at_once(self, who: int, which: int) -> None:
        """Two tenants read their own at the same instant."""
        one, other = self.two(who)
        mine, theirs = reads(one), reads(other)
        self.trial.together([(one.tenant, mine[which % len(mine)]), (other.tenant, theirs[which % len(theirs)])])

    @rule(who=people, reference=references())
    def turn_page_of_another(self, who: int, reference: str) -> None:
        """A page token that was given to another tenant; and a reference that many use."""
        viewer, owner = self.two(who)
        token = (body(owner.send(op.list_orders(page_size=1))) or {}).get("continuationToken")
        if token:
            viewer.send(op.list_orders(page_size=1, token=token), "foreign")
        viewer.send(op.get_orders([reference.replace(OWN, "0")]))

    def teardown(self) -> None:
        """Everyone looks at everything, and all that happened is judged."""
        if hasattr(self, "trial"):
            with self.trial:
                self.market.sweep()


def test_journeys(isolation: Isolation) -> None:
    """Whatever 2 to 8 tenants do with the 15 operations, in whatever order, none is shown what is another's."""
    machine: Any = type("Journeys", (Journeys,), {"isolation": isolation})
    run_state_machine_as_test(machine, settings=traffic(examples=7))
