"""The life of an order, and the numbers that it is given."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from clickdrop.domain import orders as life
from clickdrop.domain.content import Address, OrderContent, Package, Recipient
from clickdrop.domain.orders import Order, OrderStatus, OtherCourier, TransitionRefused
from clickdrop.domain.tracking import tracking_number, unique_item_id

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
LATER = datetime(2026, 11, 25, 9, tzinfo=UTC)


def new_order(packages: int = 1) -> Order:
    """Answer an order of so many packages."""
    content = OrderContent(
        recipient=Recipient(address=Address("14 Tide Street", "Whitby", "GB")),
        order_date=NOW,
        subtotal=Decimal("10.35"),
        shipping_cost_charged=Decimal("1.50"),
        total=Decimal("11.85"),
        packages=tuple(Package(100, "smallParcel") for _ in range(packages)),
    )
    return Order(1, NOW, content)


def test_whole_life() -> None:
    """An order goes from new by label and manifest to despatched, and keeps the time of each."""
    labelled = life.generate_label(new_order(), ["TT1"], NOW)
    manifested = life.manifest(labelled, LATER)
    despatched = life.despatch(manifested, LATER)
    assert [order.status for order in (labelled, manifested, despatched)] == [
        OrderStatus.LABEL_GENERATED,
        OrderStatus.MANIFESTED,
        OrderStatus.DESPATCHED,
    ]
    assert (despatched.printed_on, despatched.manifested_on, despatched.shipped_on) == (NOW, LATER, LATER)
    assert despatched.tracking_number == "TT1"


def test_each_package_has_a_number() -> None:
    """A label needs one tracking number for each package, neither more nor less."""
    assert life.generate_label(new_order(2), ["TT1", "TT2"], NOW).tracking_numbers == ("TT1", "TT2")
    with pytest.raises(ValueError, match="expected 2 tracking numbers, got 1"):
        life.generate_label(new_order(2), ["TT1"], NOW)


def test_reset_voids_the_label() -> None:
    """An order that is set to new has no label any more."""
    order = new_order()
    assert life.reset(life.despatch(life.generate_label(order, ["TT1"], NOW), NOW)) == order


def test_despatched_orders_wait_for_a_manifest() -> None:
    """An order that was despatched with a label is still manifested, and stays despatched."""
    despatched = life.despatch(life.generate_label(new_order(), ["TT1"], NOW), NOW)
    assert life.is_manifestable(despatched)
    assert life.manifest(despatched, LATER).status is OrderStatus.DESPATCHED


def test_other_courier() -> None:
    """An order that another courier took has that courier's number."""
    taken = life.despatch_by_other_courier(new_order(), OtherCourier(LATER, "X1", "Other", "Next day"))
    assert (taken.tracking_number, taken.shipped_on) == ("X1", LATER)
    assert not life.is_manifestable(taken)


def test_refusals() -> None:
    """An order does not go back from its manifest, nor by two couriers, nor twice over."""
    labelled = life.generate_label(new_order(), ["TT1"], NOW)
    manifested = life.manifest(labelled, NOW)
    taken = life.despatch_by_other_courier(new_order(), OtherCourier(NOW))
    changes: tuple[Callable[[], Order], ...] = (
        lambda: life.reset(manifested),
        lambda: life.manifest(manifested, NOW),
        lambda: life.manifest(new_order(), NOW),
        lambda: life.generate_label(labelled, ["TT2"], NOW),
        lambda: life.despatch(taken, NOW),
        lambda: life.despatch_by_other_courier(labelled, OtherCourier(NOW)),
    )
    for change in changes:
        with pytest.raises(TransitionRefused):
            change()


def test_tracking_numbers_carry_their_check_digit() -> None:
    """A tracking number is an S10 item identifier; the standard's own example comes out right."""
    assert tracking_number("RR", 47312482) == "RR473124829GB"
    assert unique_item_id(7) == "0B000000000000000007"
