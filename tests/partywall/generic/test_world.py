"""What the generic properties send, without a service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from partywall.ledger import distinctive
from partywall.policy import Policy, Resource
from partywall.suite.generic.person import Owned, Person
from partywall.suite.generic.world import World
from tests.partywall.histories import MARKS, A, B


def api(*resources: Resource) -> Any:
    """An API of which nothing but that is known."""
    return SimpleNamespace(found=SimpleNamespace(recipes={}), policy=Policy(operations=(), resources=resources))


@pytest.mark.parametrize("id_", [5077, "5077", "dOy1pmZ1", "c853cbdb-6949-429b-9ecc-1a98f291bd79"], ids=repr)
def test_what_nobody_has_is_another_each_time(id_: Any) -> None:
    """A control that a PUT has made is not asked for again: it is somebody's by then."""
    trial = SimpleNamespace(marks=MARKS, control=B, tenants=(), history=None)
    world = World(api(), cast("Any", trial))
    owner = Person(cast("Any", trial), A, {"box": [Owned("box", (("box", id_),))]})
    ids = [world._unowned_like(owner)["box"][0].by_kind["box"] for _ in range(9)]
    assert len({id_, *ids}) == 10
    assert all(type(each) is type(id_) for each in ids)
    assert not isinstance(id_, str) or all(each.isdigit() == id_.isdigit() for each in ids)
    assert isinstance(id_, int) or id_.isdigit() or sum(map(distinctive, ids)) > 5


def test_what_nobody_has_is_in_what_nobody_has() -> None:
    """An id that is unique within its parent only stays as it is: it is nobody's in a parent that is nobody's."""
    trial = SimpleNamespace(marks=MARKS, control=B, tenants=(), history=None)
    world = World(api(Resource("page", {}, {}, {}, unique=False, within={"page": 2})), cast("Any", trial))
    owner = Person(cast("Any", trial), A, {"page": [Owned("page", (("book", 5077), ("page", 1)))]})
    (page,) = world._unowned_like(owner)["page"]
    assert page.by_kind["page"] == 1
    assert page.by_kind["book"] != 5077
