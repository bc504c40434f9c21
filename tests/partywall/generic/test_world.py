"""What the generic properties send, without a service."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from partywall.policy import Policy, Resource
from partywall.suite.generic.nobody import unlike
from partywall.suite.generic.person import Owned, Person
from partywall.suite.generic.world import World
from tests.partywall.histories import MARKS, A, B


def api(*resources: Resource) -> Any:
    """An API of which nothing but that is known."""
    return SimpleNamespace(found=SimpleNamespace(recipes={}), policy=Policy(operations=(), resources=resources))


FORMS = (
    (5077, None),
    ("5077", r"\d+"),
    ("00005077", r"0\d{7}"),
    ("1790412558102528123", r"17904\d{14}"),
    ("dOy1pmZ1", r"[a-z][A-Z][a-z]\d[a-z]{2}[A-Z]\d"),
    ("c853cbdb-6949-429b-9ecc-1a98f291bd79", r"c853cbdb-6949-429b-9ecc-[0-9a-f]{12}"),
    ("018F2B1C-7C1E-7A3B-8E21-5D0C9A6B4F10", r"018F2B1C-7C1E-7A3B-8E21-[0-9A-F]{12}"),
    ("c853cbdb6949429b9ecc1a98f291bd79", r"c853cbdb6949429b9ecc[0-9a-f]{12}"),
    ("ord_9f86d081884c7d65", r"ord_9f86[0-9a-f]{12}"),
    ("cus_a7", r"cus_[a-f][0-9]"),
    ("INV-2024-00012", r"INV-2024-\d{5}"),
    ("01J9ZQ4M7N8P5R6S7T8V9W0X1Y", r"01J9ZQ4M7N8P5R[0-9A-HJKMNP-TV-Z]{12}"),
    ("3mJr7AoUXx2Wqd5nKfT9cV", r"3mJr7AoUXx[1-9A-HJ-NP-Za-km-z]{12}"),
    ("V1StGXR8_Z5jdHi6B-myTa9", r"V1StGXR8_Z5jdHi6B-[a-z]{2}[A-Z][a-z]\d"),
    ("kvzt", r"[a-z]{4}"),
    ("blue-lamp", r"blue-[a-z]{4}"),
)


@pytest.mark.parametrize(("id_", "form"), FORMS, ids=[repr(id_) for id_, _ in FORMS])
def test_what_nobody_has_is_another_each_time(id_: Any, form: str | None) -> None:
    """A control that a PUT has made is not asked for again: it is somebody's by then. Each has the form of an id that
    the service gives, which it may look at first: prefix, length, letters and digits, a UUID's version."""
    trial = SimpleNamespace(marks=MARKS, control=B, tenants=(), history=None)
    world = World(api(), cast("Any", trial))
    owner = Person(cast("Any", trial), A, {"box": [Owned("box", (("box", id_),))]})
    ids = [world._unowned_like(owner)["box"][0].by_kind["box"] for _ in range(9)]
    assert len({id_, *ids}) == 10
    if form is None:
        assert all(type(each) is int for each in ids)
    else:
        assert re.fullmatch(form, id_)
        assert all(re.fullmatch(form, each) for each in ids), ids


def test_what_somebody_has_is_not_what_nobody_has() -> None:
    """An id of few letters could by chance be one that a tenant has: then it is another."""
    taken = {f"{letter}{digit}" for letter in "bcdef" for digit in range(10)}
    found = {unlike("b2", round_, taken, b"key") for round_ in range(30)}
    assert found <= {f"a{digit}" for digit in range(10)}
    assert len(unlike("b2", 0, taken | {f"a{digit}" for digit in range(10)}, b"key")) > len("b2")


def test_what_nobody_has_is_in_what_nobody_has() -> None:
    """An id that is unique within its parent only stays as it is: it is nobody's in a parent that is nobody's."""
    trial = SimpleNamespace(marks=MARKS, control=B, tenants=(), history=None)
    world = World(api(Resource("page", {}, {}, {}, unique=False, within={"page": 2})), cast("Any", trial))
    owner = Person(cast("Any", trial), A, {"page": [Owned("page", (("book", 5077), ("page", 1)))]})
    (page,) = world._unowned_like(owner)["page"]
    assert page.by_kind["page"] == 1
    assert page.by_kind["book"] != 5077
