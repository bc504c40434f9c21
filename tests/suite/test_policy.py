"""What the suite's policy says of the service, against the service's descriptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures import operations as op
from fixtures import shop
from fixtures.policy import POLICY
from partywall.model import Exchange, History, Request, Tenant
from partywall.oracle.judge import judge

DOCS = Path(__file__).parents[2] / "docs"
DESCRIPTIONS = {"openapi.json": op.ALL, "openapi-shop.json": shop.ALL}


def described(file: str) -> set[str]:
    """The operations of a description."""
    document: dict[str, Any] = json.loads((DOCS / file).read_text())
    return {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}


@pytest.mark.parametrize("file", DESCRIPTIONS)
def test_every_operation_is_known(file: str) -> None:
    """The suite has an operation for each that is described, no other, and the policy names it."""
    assert set(DESCRIPTIONS[file]) == described(file)
    assert described(file) <= set(POLICY.operations)


def test_what_the_policy_says_is_about_operations_that_there_are() -> None:
    """No word of the policy is about an operation that the policy does not name, and what is left out has a reason."""
    named = {operation for resource in POLICY.resources for operation in (*resource.made, *resource.shown)}
    named |= {listing.operation for resource in POLICY.resources for listing in resource.listed}
    named |= {effect.operation for effect in POLICY.once} | {shared.operation for shared in POLICY.shared}
    assert named <= {*POLICY.operations, op.CHARGES}, "the operator's are no operations of a tenant's"
    reasons = [left_out.reason for left_out in POLICY.excluded] + [shared.reason for shared in POLICY.shared]
    assert all(reasons)


A, B = Tenant(1, "A", "Harbour A"), Tenant(2, "B", "Harbour B")
ONE, TWO = "0d0f8a52-52b5-4d7c-9d51-3f5f0a3b9c11", "7a9be5b0-64a1-4a4e-8a6e-0c2d7f1e5b22"
NOBODYS = "b6c2d1f0-3a57-4e0b-9f6d-5e8c7a9d4e33"
Told = tuple[Tenant, Request, int, dict[str, Any]]


def checkout(identifier: str, order: int, status: str = "labelled") -> dict[str, Any]:
    """A checkout as the shop shows it."""
    return {"checkoutId": identifier, "number": order, "status": status, "orders": [{"orderIdentifier": order}]}


def payments(*shown: dict[str, Any]) -> dict[str, Any]:
    """A list of checkouts as the shop shows it."""
    return {"checkouts": list(shown)}


def found(*told: Told) -> set[tuple[str, str, str]]:
    """Property, kind and operation of what these answers show."""
    exchanges = tuple(
        Exchange(
            number=number,
            operation=request.operation,
            tenant=tenant.number,
            session=f"{tenant.label}/0",
            connection="",
            method=request.method,
            url=request.path,
            request_headers=request.headers,
            request_body=request.body,
            called_ns=number * 1_000_000,
            returned_ns=number * 1_000_000 + 500_000,
            status=status,
            headers=(("Cache-Control", "private, no-store"),),
            body=json.dumps(document).encode(),
        )
        for number, (tenant, request, status, document) in enumerate(told)
    )
    judgement = judge(History(b"the key of these histories", (A, B), exchanges), POLICY)
    return {(finding.property, finding.kind, finding.operation) for finding in judgement.verdict.findings}


def charged(*charges: str) -> dict[str, Any]:
    return {"checkoutId": ONE, "charges": [{"id": each, "amountPence": 360, "refunded": False} for each in charges]}


PAID: Told = (A, shop.create_checkout([7], "K"), 201, checkout(ONE, 7))
LOOKED: Told = (A, shop.list_payments(), 200, payments(checkout(ONE, 7)))
REFUND: Told = (B, shop.refund_checkout(ONE), 404, {"code": "NotFound"})
NOT_THERE: Told = (B, shop.get_checkout(NOBODYS), 404, {"code": "NotFound"})


@pytest.mark.parametrize(
    ("told", "answered", "finding"),
    [
        pytest.param(
            [PAID, (A, shop.create_checkout([7], "K"), 201, checkout(ONE, 7))],
            checkout(TWO, 8),
            ("exactly-once", "twice", shop.CREATE_CHECKOUT),
            id="paid twice under one key",
        ),
        pytest.param(
            [PAID, (A, shop.list_payments(), 200, payments(checkout(ONE, 7)))],
            payments(checkout(TWO, 7), checkout(ONE, 7)),
            ("exactly-once", "twice", shop.LIST_PAYMENTS),
            id="one order paid twice",
        ),
        pytest.param(
            [PAID, (A, op.charges(ONE), 200, charged("ch_1"))],
            charged("ch_1", "ch_2"),
            ("exactly-once", "twice", op.CHARGES),
            id="charged twice for one checkout",
        ),
        pytest.param(
            [PAID, LOOKED, REFUND, LOOKED],
            payments(checkout(ONE, 7, "refunded")),
            ("integrity", "changed", shop.REFUND_CHECKOUT),
            id="another's money given back",
        ),
        pytest.param(
            [PAID, LOOKED, REFUND, LOOKED],
            payments(),
            ("completeness", "missing", shop.LIST_PAYMENTS),
            id="a checkout lost",
        ),
        pytest.param(
            [PAID, NOT_THERE, (B, shop.get_checkout(ONE), 404, {"code": "NotFound"})],
            {"code": "Forbidden"},
            ("existence", "existence", shop.GET_CHECKOUT),
            id="another's checkout told from nobody's",
        ),
        pytest.param(
            [PAID, (B, shop.list_payments(), 200, payments())],
            payments(checkout(ONE, 7)),
            ("ownership", "identifier", shop.LIST_PAYMENTS),
            id="another's checkout listed",
        ),
    ],
)
def test_the_shop_is_judged(told: list[Told], answered: dict[str, Any], finding: tuple[str, str, str]) -> None:
    """The last answer, had it been this one, is found; as the shop gives it, it is not."""
    assert found(*told) == set()
    tenant, request, status, _ = told[-1]
    assert finding in found(*told[:-1], (tenant, request, status, answered))
