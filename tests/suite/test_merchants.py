"""What merchants do with what is their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fixtures import operations as op
from fixtures.merchants import Merchant, own_writes
from strategies.openings import Opening


def test_own_writes_remove_what_all_name_alike() -> None:
    """Of its own a merchant removes the newest order and one whose reference all tenants use, and keeps the others."""
    trial: Any = SimpleNamespace(mark=lambda _tenant: "MARK")
    tenant: Any = None
    references = ("SO-1", "REF-MARK", "SO-2", "GONE-MARK")
    opening = Opening(2, [{"orderReference": each} for each in references], {})
    orders = {11: "SO-1", 12: "REF-MARK", 13: "SO-2", 19: "SPARE-MARK"}
    merchant = Merchant(trial, tenant, orders=orders, labelled=[11, 12], manifests=[5])
    assert list(own_writes(merchant, opening))[-1] == op.delete_orders([13, 19])
