"""What the suite's policy says of the service, against the service's descriptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures import operations as op
from fixtures import shop
from fixtures.policy import POLICY

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
    assert named <= set(POLICY.operations)
    assert all(each.reason for each in (*POLICY.excluded, *POLICY.shared, *POLICY.volatile))
