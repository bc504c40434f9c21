"""Every decoy by hand: what looks like a leak happens with the switch and not without it, and no oracle objects."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.decoys import DECOYS
from fixtures import operations as op
from fixtures.crossings import with_headers
from fixtures.decoys import DECLARED, policy_with
from fixtures.merchants import Merchant, body
from fixtures.policy import POLICY
from fixtures.stacks import Stack, start, stop
from partywall.drive.trial import Trial
from partywall.model import Outcome
from partywall.oracle.judge import judge
from strategies.drafts import OWN
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.model import Request

NOBODYS = 2_000_000_000
PHONE = "+999123456789037"
LABEL = {"includeLabelInResponse": False}


def made(merchant: Merchant, *references: str, **fields: Any) -> list[dict[str, Any]]:
    """Orders with labels, as their making was answered."""
    answer = merchant.create([order(f"{each} {OWN}", label=LABEL) | fields for each in references])
    orders: list[dict[str, Any]] = body(answer)["createdOrders"]
    return orders


def shown(merchant: Merchant, request: Request) -> str:
    """The body of what is answered."""
    return merchant.send(request).body.decode()


def headers(name: str, request: Request, *merchants: Merchant) -> list[str]:
    """A header of what each is answered."""
    return [merchant.send(request).header(name) for merchant in merchants]


def names_others(a: Merchant, b: Merchant) -> bool:
    return a.tenant.name in shown(b, op.return_services())


def shows_tracking_number(a: Merchant, b: Merchant) -> bool:
    (mine,) = made(a, "INV")
    return mine["trackingNumber"] in shown(b, op.version())


def shows_common_contact(a: Merchant, b: Merchant) -> bool:
    made(a, "INV")
    made(b, "INV")
    contacts = [body(each.send(op.list_orders()))["orders"][0].get("contact") for each in (a, b)]
    return contacts[0] is not None and contacts[0] == contacts[1]


def counts_alike(a: Merchant, b: Merchant) -> bool:
    (mine,), (theirs,) = made(a, "INV"), made(b, "INV")
    return "pickingNumber" in mine and mine["pickingNumber"] == theirs["pickingNumber"]


def names_one_user(a: Merchant, b: Merchant) -> bool:
    made(a, "INV")
    made(b, "INV")
    users = headers("x-user", op.list_orders(), a, b)
    return bool(users[0]) and users[0] == users[1]


def gives_identifier_again(a: Merchant, b: Merchant) -> bool:
    gone = made(a, "FIRST", "SECOND")[1]["orderIdentifier"]
    a.send(op.delete_orders([gone]))
    again = made(b, "INV")[0]["orderIdentifier"]
    shown(b, op.get_orders([gone], full=True))
    return bool(again == gone)


def shows_order_by_identifier(a: Merchant, b: Merchant) -> bool:
    (mine,) = made(a, "INV")
    made(b, "INV")
    for each in (op.get_orders([mine["orderIdentifier"]], full=True), op.get_label([mine["orderIdentifier"]])):
        b.send(each)
    return b.send(op.get_orders([mine["orderIdentifier"]])).succeeded


def answers_from_cache(a: Merchant, b: Merchant) -> bool:
    fetched = headers("x-fetched-for", op.version(), a, b)
    return bool(fetched[0]) and fetched[0] == fetched[1]


def names_caller_in_error(a: Merchant, b: Merchant) -> bool:
    (mine,) = made(a, "INV")
    said = [shown(b, op.get_orders([identifier])) for identifier in (mine["orderIdentifier"], NOBODYS)]
    return all(b.tenant.name in each for each in said)


def lists_order_of_other(a: Merchant, b: Merchant) -> bool:
    gone = made(a, "FIRST", "SECOND")[1]["orderIdentifier"]
    made(b, "SECOND")
    a.send(op.delete_orders([gone]))
    a.send(op.list_orders())
    return gone in [each["orderIdentifier"] for each in body(b.send(op.list_orders()))["orders"]]


def confirms_validator(a: Merchant, b: Merchant) -> bool:
    (tag,) = headers("etag", op.list_orders(), a)
    return b.send(with_headers(op.list_orders(), [("If-None-Match", tag or '"none"')])).status == 304


def numbers_requests(a: Merchant, b: Merchant) -> bool:
    numbers = headers("x-request-number", op.list_orders(), a, b)
    return all(numbers) and int(numbers[1]) == int(numbers[0]) + 1


def counts_orders(a: Merchant, b: Merchant) -> bool:
    before = shown(b, op.version())
    made(a, "INV")
    return before != shown(b, op.version())


def masks_alike(a: Merchant, b: Merchant) -> bool:
    address = order()["recipient"]["address"]
    made(a, "INV", recipient={"address": address, "phoneNumber": PHONE})
    made(b, "INV", recipient={"address": address, "phoneNumber": PHONE[:-1] + "8"})
    masked = str(body(b.send(op.carriers()))[0].get("phoneNumber", ""))
    return masked.startswith(PHONE[:4]) and masked.endswith(PHONE[-2:])


def counts_calls(a: Merchant, b: Merchant) -> bool:
    left = headers("x-ratelimit-remaining", op.list_orders(), a, b)
    return left[0] != left[1]


PROBES: dict[str, Callable[[Merchant, Merchant], bool]] = {
    "shops-in-directory": names_others,
    "parcels-on-board": shows_tracking_number,
    "common-contact": shows_common_contact,
    "numbers-of-each-own": counts_alike,
    "user-of-two-tenants": names_one_user,
    "identifier-used-again": gives_identifier_again,
    "support-staff": shows_order_by_identifier,
    "version-from-cache": answers_from_cache,
    "error-names-caller": names_caller_in_error,
    "order-moves-on": lists_order_of_other,
    "etag-of-body": confirms_validator,
    "requests-numbered": numbers_requests,
    "orders-counted": counts_orders,
    "masked-alike": masks_alike,
    "calls-left": counts_calls,
}


@contextmanager
def serving(*decoys: str) -> Iterator[Stack]:
    """The service with these decoys."""
    stack = start("embedded", (), decoys)
    try:
        yield stack
    finally:
        stop(stack)


@pytest.fixture(scope="module")
def clean() -> Iterator[Stack]:
    """The service as it is."""
    with serving() as stack:
        yield stack


def probed(stack: Stack, name: str) -> tuple[bool, Trial]:
    """Whether a decoy's look-alike happens to two new tenants, and all that was exchanged."""
    first = 10 * list(PROBES).index(name)
    trial = Trial(stack.target(), b"a key of the tests", first, 2)
    try:
        a, b = (Merchant(trial, tenant) for tenant in trial.tenants)
        return PROBES[name](a, b), trial
    finally:
        trial.close()


@pytest.mark.parametrize("name", DECOYS)
def test_decoy(name: str, clean: Stack) -> None:
    """It looks like a leak with the switch alone; the policy that says what is meant is silent, and only that one."""
    assert not probed(clean, name)[0]
    with serving(name) as stack:
        looks_leaky, trial = probed(stack, name)
    assert looks_leaky
    verdict = judge(trial.history, policy_with([name])).verdict
    assert (verdict.outcome, verdict.findings) == (Outcome.HELD, ())
    undeclared = judge(trial.history, POLICY).verdict.findings
    # That a total depends on others only twins could tell.
    assert bool(undeclared) is (DECOYS[name].declared and name != "orders-counted")


def test_grants_are_of_their_pair() -> None:
    """A grant the other way round excuses nothing of what support staff are shown."""
    with serving("support-staff") as stack:
        _, trial = probed(stack, "support-staff")
    (grant,) = policy_with(["support-staff"]).granted
    turned = replace(POLICY, granted=(replace(grant, owner=grant.viewer, viewer=grant.owner),))
    assert {(f.owner, f.viewer) for f in judge(trial.history, turned).verdict.findings} == {("A", "B")}


def test_declarations() -> None:
    """What is declared is what its decoy says has to be, each for a reason."""
    assert DECLARED.keys() == {decoy.name for decoy in DECOYS.values() if decoy.declared}
    for declared in DECLARED.values():
        reasons = [each.reason for each in declared.shared] + [each.reason for each in declared.granted]
        assert all(reasons)
        assert reasons
