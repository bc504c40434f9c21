"""Values that fit no mark are drawn evenly, are one tenant's alone, and come back from the service as they went."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from fixtures.policy import POLICY
from partywall.marks import Marks
from strategies import drawn
from strategies.drafts import OWN, Drawn, Seed, planted
from strategies.orders import orders

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS = Marks(b"drawn")
MAKERS: dict[str, Callable[[str], object]] = {
    "phone": drawn.phone,
    "postcode": drawn.postcode,
    "amount": drawn.amount,
    "instant": drawn.instant,
}


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_drawn_evenly(kind: str) -> None:
    """Of many values no more are equal than an even draw out of as many as is said would give."""
    count = 20_000
    values = Counter(MAKERS[kind](MARKS.mint(tenant, 1)) for tenant in range(count))
    pairs = sum(times * (times - 1) // 2 for times in values.values())
    expected = count * (count - 1) / 2 / drawn.SPACES[kind]
    assert pairs <= expected + 5 * (expected + 1) ** 0.5


def test_valid() -> None:
    """They have the form that services expect."""
    for tenant in range(300):
        mark = MARKS.mint(tenant, 1)
        assert re.fullmatch(r"\+999\d{12}", drawn.phone(mark))
        assert re.fullmatch(r"[A-Z]{2}\d{1,2} \d[A-Z]{2}", drawn.postcode(mark))
        assert 10_000 <= drawn.amount(mark) < 100_000
        assert datetime.fromisoformat(drawn.instant(mark)).year == 2025


@given(draft=orders())
def test_order_is_planted(draft: dict[str, Any]) -> None:
    """An order's open places are filled, with its total the sum of its costs, and for each tenant differently."""
    one, other = planted(draft, lambda: MARKS.mint(1, 1)), planted(draft, lambda: MARKS.mint(2, 1))
    assert OWN not in repr(one)
    assert "Drawn" not in repr(one)
    assert round(one["subtotal"] + one["shippingCostCharged"], 2) == one["total"]
    for name in ("total", "orderDate"):
        assert one[name] != other[name]


def test_seeds() -> None:
    """Places with one seed are filled from one mark, others from marks of their own."""
    serials = iter(range(10))
    seed = Seed()
    draft = [Drawn(drawn.amount, seed), Drawn(drawn.amount, seed), Drawn(drawn.amount)]
    one, same, other = planted(draft, lambda: MARKS.mint(1, next(serials)))
    assert one == same != other


def test_policy_names_them() -> None:
    """The policy knows the drawn places of an order, and out of how many each is drawn."""
    assert dict(POLICY.drawn) == {
        "phoneNumber": drawn.SPACES["phone"],
        "postcode": drawn.SPACES["postcode"],
        "total": drawn.SPACES["amount"],
        "orderDate": drawn.SPACES["instant"],
    }
