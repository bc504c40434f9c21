"""Checks beside Schemathesis' own: that valid data were refused for good cause, and that nothing was only refused; and
orders that there are, in the place of most that are made up."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

from clickdrop.domain.checkouts import MAX_ORDERS
from clickdrop.domain.identifiers import MAX_INTEGER

BEYOND_A_DESCRIPTION = {
    "DespatchedByOtherCourier",
    "InvalidContinuationToken",
    "NoCustomsDeclaration",
    "LabelMissing",
    "NoEligibleOrders",
    "NotPaid",
    "NothingToRefund",
    "OrderInCheckout",
    "ParcelPosted",
    "PostageNotPossible",
    "ReturnsLabelChoiceMissing",
    "ServiceMissing",
    "UnknownCarrier",
}
"""Refusals, published as status 400, that hang on what the account has, or on two parameters at once."""


ORDERS: dict[str, list[int]] = json.loads(os.environ.get("CLICKDROP_ORDERS", "{}"))
"""The first tenant's orders for each operation whose body names some."""


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Name orders of the tenant's where a list of identifiers is well made: nobody guesses one of them."""
    own = ORDERS.get(context.operation.label) if context.operation is not None else None
    named = body.get("orderIdentifiers") if isinstance(body, dict) else None
    if not own or not isinstance(named, list) or not 0 < len(named) <= MAX_ORDERS:
        return body
    well_made = all(type(each) is int and 1 <= each <= MAX_INTEGER for each in named) and len(set(named)) == len(named)
    if not well_made or named[0] % 5 == 0:
        return body
    return {**body, "orderIdentifiers": list(dict.fromkeys(own[each % len(own)] for each in named))}


def codes(body: Any) -> set[str]:
    """Answer the codes of an error body, in whichever of the published shapes."""
    faults = body if isinstance(body, list) else body.get("errors", [body])
    return {fault["code"] for fault in faults}


@schemathesis.check
def valid_data_refused_for_cause(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Valid data are refused only for a cause that the description has no words for."""
    if response.status_code == 400 and case.meta is not None and case.meta.generation.mode.is_positive:
        other = codes(response.json()) - BEYOND_A_DESCRIPTION
        if other:
            raise AssertionError(f"Valid data were refused as if they were invalid: {', '.join(sorted(other))}")


class EveryOperationSucceeds:
    """Each operation is carried out at least once: checks that only ever saw refusals would say little. Registered
    where there are cases enough that chance does not decide it."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.carried_out: set[str] = set()

    def after_response(
        self, _ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
    ) -> None:
        self.asked.add(case.operation.label)
        if response.status_code < 300:
            self.carried_out.add(case.operation.label)

    def after_run(self, _ctx: schemathesis.CheckContext) -> None:
        if never := self.asked - self.carried_out:
            raise AssertionError(f"Only ever refused: {', '.join(sorted(never))}")


if os.environ.get("CLICKDROP_MANY_CASES"):
    schemathesis.check(EveryOperationSucceeds)
