"""Checks beside Schemathesis' own: that valid data were refused for good cause, and that nothing was only refused."""

from __future__ import annotations

from typing import Any

import schemathesis

BEYOND_A_DESCRIPTION = {
    "DespatchedByOtherCourier",
    "InvalidContinuationToken",
    "NoCustomsDeclaration",
    "NoEligibleOrders",
    "ReturnsLabelChoiceMissing",
    "ServiceMissing",
    "UnknownCarrier",
}
"""Refusals, published as status 400, that hang on what the account has, or on two parameters at once."""


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


@schemathesis.check
class EveryOperationSucceeds:
    """Each operation is carried out at least once: checks that only ever saw refusals would say little."""

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
