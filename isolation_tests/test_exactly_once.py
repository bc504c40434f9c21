"""Requests that are sent again (incident I01: charged twice, and no label)."""

from hypothesis import given
from hypothesis import strategies as st

from fixtures import operations as op
from fixtures import shop
from fixtures.apis import SHOP
from fixtures.markets import open_market
from fixtures.profiles import traffic
from partywall.drive.provocations import Call, Provocation
from partywall.suite.isolation import Isolation
from strategies.drafts import OWN, Draft
from strategies.openings import Opening, openings
from strategies.orders import orders

DELAYS_MS = (0, 2, 4, 8, 16)
PAYING_MS = (0, 10, 20, 40)
SLOW_MS = 10


@traffic(examples=1)
@given(
    opening=openings(tenants=2),
    drafts=st.lists(orders(reference=st.just(f"ONCE-{OWN}")), min_size=len(DELAYS_MS), max_size=len(DELAYS_MS)),
)
def test_exactly_once(isolation: Isolation, opening: Opening, drafts: list[Draft]) -> None:
    """However often an order or a manifest is asked for again, its answer lost or not, there is one of it."""
    with open_market(isolation, opening) as market:
        for merchant in market.merchants:
            for delay_ms, draft in zip(DELAYS_MS, drafts, strict=True):
                request = op.create_orders([merchant.planted(draft)])
                market.trial.hang_up(merchant.tenant, request, delay_ms)
                merchant.send(request, "retry")
                merchant.send(request, "retry")
            for _ in range(2):
                merchant.send(op.retry_manifest(merchant.manifests[-1]), "retry")
        market.sweep()


@traffic(examples=1)
@given(
    opening=openings(tenants=2),
    drafts=st.lists(
        orders(reference=st.just(f"ONCE-{OWN}"), labelled=False),
        min_size=len(PAYING_MS) + 1,
        max_size=len(PAYING_MS) + 1,
    ),
)
def test_exactly_once_shop(isolation: Isolation, opening: Opening, drafts: list[Draft]) -> None:
    """However often postage is paid or asked back again, its answer lost or not, or at once while the payment provider
    is slow, there is one payment for an order, and the provider knows of one charge."""
    with open_market(isolation, opening, SHOP) as market:
        for merchant in market.merchants:
            merchant.create_all(drafts)
            *bought, raced = list(merchant.orders)[-len(drafts) :]
            for delay_ms, order in zip(PAYING_MS, bought, strict=True):
                request = shop.create_checkout([order], f"ONCE-{delay_ms}")
                market.trial.hang_up(merchant.tenant, request, delay_ms)
                merchant.send(request, "retry")
                merchant.send(shop.create_checkout([order], f"AGAIN-{delay_ms}"), "retry")
            keys = ("RACED", "RACED", "RACED-AGAIN")
            paying = [Call(merchant.tenant, shop.create_checkout([raced], key)) for key in keys]
            market.learn(market.trial.provoke(paying, Provocation(slow_upstream_ms=SLOW_MS)))
            for _ in range(2):
                merchant.send(shop.refund_checkout(list(merchant.checkouts)[-1]), "retry")
            for checkout in merchant.checkouts:
                market.trial.operate(merchant.tenant, op.charges(checkout))
        market.sweep()
