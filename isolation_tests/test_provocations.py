"""Provocations on the wire: overlap in every order, clients that go away, shared sockets, stampedes, load."""

from collections.abc import Iterator
from itertools import cycle

from hypothesis import given

from fixtures import operations as op
from fixtures.markets import Market, open_market
from fixtures.merchants import Merchant, body, reads
from fixtures.profiles import traffic
from partywall.drive.cuts import At, Cut
from partywall.drive.load import Steps
from partywall.drive.provocations import Call, Ends, Provocation
from partywall.model import Request, Tenant
from partywall.suite.isolation import Isolation
from strategies.openings import Opening, openings

PAIRS = (
    Provocation(ends=Ends.FIFO),
    Provocation(ends=Ends.LIFO, copies=2),
    Provocation(copies=3),
    Provocation(half_closed=True),
    Provocation(one_socket=True, weak=True),
    Provocation(one_socket=True, unread_bytes=64),
    Provocation(slow_ms=1),
    Provocation(pipelined=True),
)
CUTS = (
    Cut(At.UNSENT),
    Cut(At.HALF_SENT),
    *(Cut(At.SENT, after_ms) for after_ms in (0, 1, 2, 3, 4, 6, 8, 11)),
    Cut(At.SENT, 3, reset=True),
    Cut(At.FIRST_BYTE),
    Cut(At.MID_READ),
)


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_meetings(isolation: Isolation, opening: Opening) -> None:
    """Tenants whose requests meet on the wire, in any order and on any socket, get their own and nothing else."""
    with open_market(isolation, opening) as market:
        for how, (mine, theirs) in zip(cycle(PAIRS), matched(market), strict=False):
            meet(market, how, mine, theirs)
        for page_size, ends in ((41, None), (42, Ends.LIFO)):
            asked = op.list_orders(page_size=page_size)  # which nobody has asked before
            meet(market, Provocation(copies=3, ends=ends, name="cold"), asked, asked)
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_cuts(isolation: Isolation, opening: Opening) -> None:
    """After a client has gone away at any moment of its request, everyone still gets its own and nothing else."""
    with open_market(isolation, opening) as market:
        one, other = market.merchants
        for cut in CUTS:
            for mine, theirs in ((op.list_orders(), op.list_orders()), *label_pairs(one, other)):
                meet(market, Provocation(cut=cut), mine, theirs)
                other.send(theirs, "after-cut")
                one.send(mine, "after-cut")
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=2))
def test_races(isolation: Isolation, opening: Opening) -> None:
    """A key that is revoked, and an order that is deleted, while they are read show nothing once that is answered."""
    with open_market(isolation, opening) as market:
        for one, other in market.pairs():
            account, deleted = market.trial.account(one.tenant), max(one.orders)
            key = body(market.trial.operate(one.tenant, op.create_key(account), opens=1))
            keyed = market.trial.session(one.tenant, 1)
            keyed.send(op.list_orders())
            revoke = Call(one.tenant, op.revoke_key(account, key["id"]), operator=True)
            market.trial.provoke([revoke, Call(other.tenant, op.list_orders())], Provocation(name="revoked"))
            keyed.send(op.list_orders(), "revoked")
            race = [Call(one.tenant, op.get_orders([deleted])), Call(one.tenant, op.delete_orders([deleted]))]
            market.learn(market.trial.provoke([*race, Call(other.tenant, op.list_orders())], Provocation()))
            one.send(op.get_orders([deleted]), "deleted")
        market.sweep()


@traffic(examples=1)
@given(opening=openings(tenants=4))
def test_load(isolation: Isolation, opening: Opening) -> None:
    """Under a load of many sessions, in which a worker starts anew if there are several, each is shown its own tenant's
    data and nobody else's."""
    restarts = int(isolation.target.restart_worker is not None)
    with open_market(isolation, opening) as market:
        of = {merchant.tenant: merchant for merchant in market.merchants}

        def looking(tenant: Tenant) -> Steps:
            for request in reads(of[tenant])[3:]:  # noqa: UP028  # a list can't be sent what came
                yield request

        market.trial.load([looking], sessions=12, seconds=4, requests=200, restarts=restarts)
        market.sweep()


def matched(market: Market) -> Iterator[tuple[Request, Request]]:
    """The reads of two merchants, on one kind of resource at a time, twice, so that each provocation meets several."""
    one, other = market.merchants
    for _ in range(2):
        yield from zip(reads(one)[3:], reads(other)[3:], strict=True)


def label_pairs(one: Merchant, other: Merchant) -> Iterator[tuple[Request, Request]]:
    """Labels, which take the service longer."""
    yield op.get_label(one.labelled[:1]), op.get_label(other.labelled[:1])


def meet(market: Market, how: Provocation, mine: Request, theirs: Request) -> None:
    """Two merchants' requests, in this way."""
    one, other = market.merchants
    market.learn(market.trial.provoke([Call(one.tenant, mine), Call(other.tenant, theirs)], how))
