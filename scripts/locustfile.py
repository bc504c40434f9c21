"""A market under Locust, for `scripts/distributed.py`: merchants who list and read their orders, each in its own words.

No two users of one worker send the same list request; the users of the same place on different workers do. A cache that
forgets whose list it keeps is so nothing that a worker could meet alone.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fixtures import operations as op
from fixtures.merchants import body
from fixtures.policy import POLICY
from fixtures.stacks import attached
from partywall.distributed.users import TenantUser, isolate

if TYPE_CHECKING:
    from partywall.target import Target

ORDERS = 3
FIRST_SIZE = 40
OPERATIONS = (op.VERSION, op.CREATE_ORDERS, op.LIST_ORDERS, op.LIST_ORDERS_FULL, op.GET_ORDERS)
# Equal postcodes and dates provoke more; then they are nobody's. Effects are counted in operations that are not here.
_POLICY = replace(POLICY, operations=OPERATIONS, drawn=(), once=(), excluded=())


def target() -> Target:
    """The service that was started for this run."""
    stack = attached(os.environ["CLICKDROP_READY"], os.environ["CLICKDROP_OPERATOR_KEY"])
    return replace(stack.target(), policy=_POLICY, fresh=None)


def an_order(mark: str) -> dict[str, Any]:
    """An order to create, equal to everyone's but for its mark."""
    address = {"fullName": f"Ada {mark}", "addressLine1": "1 Tide Street", "city": "Whitby", "postcode": "YO21 3PU"}
    return {
        "orderReference": f"REF-{mark}",
        "recipient": {"address": {**address, "countryCode": "GB"}},
        "orderDate": "2026-11-24T12:00:00Z",
        "subtotal": 10,
        "shippingCostCharged": 2,
        "total": 12,
        "packages": [{"weightInGrams": 400, "packageFormatIdentifier": "smallParcel"}],
        "postageDetails": {"serviceCode": "TPN24"},
    }


class Merchant(TenantUser):
    """Makes orders, then lists and reads them; now and then at the moment at which everyone lists."""

    def on_start(self) -> None:
        """Make orders, before anything is listed: what is made later a list may rightly show later."""
        made = self.send(op.create_orders([an_order(self.mark()) for _ in range(ORDERS)]))
        self.orders = [each["orderIdentifier"] for each in body(made)["createdOrders"]]

    def lists(self) -> None:
        """List all orders."""
        self.send(op.list_orders(page_size=FIRST_SIZE + self.place))

    def lists_in_full(self) -> None:
        """List all orders with their details."""
        self.send(op.list_orders(full=True, page_size=FIRST_SIZE + self.place))

    def reads(self) -> None:
        """Read one order."""
        self.send(op.get_orders(self.orders[:1]))

    def asks_for_the_version(self) -> None:
        """Ask for what is everyone's."""
        self.send(op.version())

    def lists_with_everyone(self) -> None:
        """List all orders when the users of all workers do."""
        self.meet()
        self.send(op.list_orders(page_size=FIRST_SIZE + self.place), "meet")

    tasks = [*[lists, lists_in_full, reads] * 4, asks_for_the_version, lists_with_everyone]  # noqa: RUF012  # as Locust has it


isolate(
    target,
    tenants=int(os.environ["TENANTS"]),
    folder=os.environ["FOLDER"],
    control=(op.version(), op.list_orders(), op.list_orders(full=True)),
)
