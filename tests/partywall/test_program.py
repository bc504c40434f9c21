"""Programmes of steps, and how they are made smaller."""

from __future__ import annotations

import json
from dataclasses import replace

from partywall.drive.replay import remint
from partywall.program import Account, Answered, Bound, Program, Role, Step
from partywall.reduction.shorten import shorter
from tests.partywall.histories import MARKS, A, B, mark

ROLES = (Role("A", A.number, A.name, "A"), Role("B", B.number, B.name, "B"), Role("C", 9, "Shop C", "C"))


def step(number: int, role: str, url: tuple[str | Bound, ...] = ("/x",), **more: object) -> Step:
    return replace(Step(number, role, 0, "op", "GET", url), **more)  # type: ignore[arg-type]


def of(number: int, place: str = "/id") -> Bound:
    return Bound(Answered(number, place))


def program(*steps: Step) -> Program:
    return Program(ROLES, ()).having(list(steps))


CHAIN = program(
    step(3, "A"),
    step(5, "B", ("/x/", of(3))),
    step(6, "C"),
    step(8, "B", ("/x/", of(5), ";", Bound(Account("A")))),
)


def numbers(of: Program) -> list[int]:
    return [step.number for step in of.steps]


def test_keep() -> None:
    """What is kept brings along all that it takes values from."""
    assert numbers(CHAIN.keep({8})) == [3, 5, 8]


def test_without() -> None:
    """What goes takes along all that takes values from it."""
    assert numbers(CHAIN.without({5})) == [3, 6]


def test_roles() -> None:
    """Only roles that play are left, also those that are only named by their account."""
    assert [role.name for role in program(step(1, "C")).roles] == ["C"]
    assert [role.name for role in program(step(1, "C", (Bound(Account("A")),))).roles] == ["A", "C"]


def test_groups() -> None:
    """A group is together only while it has two sessions."""
    both = program(step(1, "A", group=4), step(2, "B", group=4))
    assert both.racy
    assert not both.without({2}).racy
    assert not program(step(1, "A", group=4), step(2, "A", group=4)).racy
    assert program(step(1, "A", group=4), step(2, "A", group=4, session=1)).racy


def test_tail() -> None:
    """Further attempts begin at the race if it only reads; what writes can't be repeated by the same tenants."""
    race = [step(2, "A", group=0), step(3, "B", group=0)]
    assert program(step(1, "A", method="POST"), *race).tail == 1
    assert program(step(1, "A"), replace(race[0], method="POST"), race[1]).tail is None
    assert program(step(1, "A"), step(2, "B")).tail == 0


def test_renamed() -> None:
    """Roles become A, B, ...; steps, groups and all that names them are numbered from 0."""
    renamed = program(step(5, "C", group=7), step(6, "B", ("/", of(2)), group=7), step(9, "B", (Bound(Account("C")),)))
    renamed = replace(renamed, steps=(step(2, "B"), *renamed.steps)).renamed()
    assert [(s.number, s.role, s.group) for s in renamed.steps] == [
        (0, "A", None),
        (1, "B", 0),
        (2, "A", 0),
        (3, "A", None),
    ]
    assert renamed.steps[2].url == ("/", of(0))
    assert renamed.steps[3].url == (Bound(Account("B")),)
    assert [(role.name, role.label) for role in renamed.roles] == [("A", "B"), ("B", "C")]


def test_cast() -> None:
    """Another role plays a part in sessions of its own, with its own marks and account."""
    cast = program(step(1, "A"), step(2, "B", (f"/{mark(B)}", Bound(Account("B"))), body=(mark(A),))).cast(
        "B", "A", lambda text, tenants: remint(text, tenants, MARKS)
    )
    assert [(s.role, s.session) for s in cast.steps] == [("A", 0), ("A", 1)]
    assert cast.steps[1].url == (f"/{mark(A)}", Bound(Account("A")))
    assert [role.name for role in cast.roles] == ["A"]


def test_calmer() -> None:
    """Groups can be put in a row and clients made to wait, one by one or all."""
    wild = program(
        step(1, "A", group=0),
        step(2, "B", group=0),
        step(3, "A", group=1),
        step(4, "B", group=1),
        step(5, "A", hang_up_ms=0.0),
    )
    assert [s.group for s in wild.sequential({0}).steps] == [None, None, 1, 1, None]
    assert not wild.sequential().patient().racy
    assert wild.patient({4}).steps[4].hang_up_ms == 0.0
    assert wild.hanging_up(2.0).steps[4].hang_up_ms == 2.0
    assert wild.hanging_up(2.0).steps[0].hang_up_ms is None


def test_shorter_urls() -> None:
    """One bound member of a list in a path goes with its separator; what stands alone stays."""
    listed = program(
        step(1, "A"), step(2, "A", ("/x/", of(1), "%3B", of(1, "/b"), ";7/full")), step(3, "A", ("/", of(1)))
    )
    assert [s.steps[1].url for s in shorter(listed)] == [
        ("/x/", "", of(1, "/b"), ";7/full"),
        ("/x/", of(1), "%3B", "7/full"),
    ]


def test_shorter_bodies() -> None:
    """A member of a batch goes, and what is bound to later members of the answer is looked for one place earlier,
    or where it was, since a service may not list what failed."""
    batch = program(
        step(1, "A", method="POST", body=(json.dumps({"items": ["a", "b"], "n": 1}),)),
        step(2, "B", ("/", of(1, "/made/1/id"))),
    )
    bodies = [(s.steps[0].body, s.steps[1].url) for s in shorter(batch)]
    without_first = (json.dumps({"items": ["b"], "n": 1}),)
    assert bodies[:2] == [
        (without_first, ("/", of(1, "/made/0/id"))),
        (without_first, ("/", of(1, "/made/1/id"))),
    ]


def test_batches() -> None:
    """What is needed of a batch is tried alone first, then all but one."""
    batch = program(step(1, "A", method="POST", body=('["a", "b", "c"]',)), step(2, "B", ("/", of(1, "/2"))))
    assert [(s.steps[0].body[0], s.steps[1].url[1]) for s in shorter(batch)] == [
        ('["c"]', of(1, "/0")),
        ('["c"]', of(1, "/2")),
        ('["a", "b"]', of(1, "/2")),
        ('["a", "c"]', of(1, "/1")),
        ('["a", "c"]', of(1, "/2")),
        ('["b", "c"]', of(1, "/1")),
        ('["b", "c"]', of(1, "/2")),
    ]
    free = program(step(1, "A", body=('["a", "b"]',)))
    assert [s.steps[0].body[0] for s in shorter(free)] == ['["a"]', '["a"]', '["b"]']


def test_bodies_that_stay() -> None:
    """A body with something bound in it, or that is no JSON, is left as it is."""
    assert (
        list(shorter(program(step(1, "A"), step(2, "A", body=("[1,", of(1), "]")), step(3, "A", body=("[1,",))))) == []
    )
