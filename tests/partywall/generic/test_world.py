"""What the generic properties send, without a service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from partywall.ledger import distinctive
from partywall.suite.generic.person import Owned, Person
from partywall.suite.generic.world import World
from tests.partywall.histories import MARKS, A, B


@pytest.mark.parametrize("id_", [5077, "5077", "dOy1pmZ1", "c853cbdb-6949-429b-9ecc-1a98f291bd79"], ids=repr)
def test_what_nobody_has_is_another_each_time(id_: Any) -> None:
    """A control that a PUT has made is not asked for again: it is somebody's by then."""
    trial = SimpleNamespace(marks=MARKS, control=B, tenants=(), history=None)
    world = World(cast("Any", SimpleNamespace(found=SimpleNamespace(recipes={}))), cast("Any", trial))
    owner = Person(cast("Any", trial), A, {"box": [Owned("box", (("box", id_),))]})
    ids = [world._unowned_like(owner)["box"][0].by_kind["box"] for _ in range(9)]
    assert len({id_, *ids}) == 10
    assert all(type(each) is type(id_) for each in ids)
    assert not isinstance(id_, str) or all(each.isdigit() == id_.isdigit() for each in ids)
    assert isinstance(id_, int) or id_.isdigit() or sum(map(distinctive, ids)) > 5
