"""What an experiment says where it takes many tries to say anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from partywall.model import UNKNOWN, Experiment
from partywall.program import Program, Role, Step
from partywall.reduction.cause import COALESCING, explained
from partywall.reduction.reproduce import Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKS = tuple(Step(number, role, 0, "List", "GET", ("/orders",), group=1) for number, role in enumerate("AB", 1))
RACE = Program(tuple(Role(role, number, role, role) for number, role in enumerate("AB", 1)), LOOKS)


class Rated:
    """In place of replays: the race as it was shows in so many tries of each round in turn; changed, never."""

    def __init__(self, rounds: Iterator[int]) -> None:
        self.rates = {RACE: Rate(3, 6)}
        self.answers: dict[int, Any] = {}
        self.purse = SimpleNamespace(empty=lambda: False)
        self.trials = SimpleNamespace(target=SimpleNamespace(origin_url="", one_worker=None), next_number=7)
        self._rounds = rounds

    def again(self, program: Program, wanted: int, **_options: bool) -> None:
        """Add a round to a programme's rate."""
        rate = self.rates[program]
        rate.shown += next(self._rounds) if program == RACE else 0
        rate.tries = wanted


@pytest.mark.parametrize(
    ("rounds", "cause", "tries"),
    [((3,), COALESCING, 6), ((2, 2), COALESCING, 12), ((0, 0, 0, 6), COALESCING, 24), ((0, 0, 0, 0), UNKNOWN, None)],
)
def test_rounds_add_up(rounds: tuple[int, ...], cause: str, tries: int | None) -> None:
    """That a changed race does not show counts once it would have shown unchanged, by all rounds together; what shows
    no more in any of them says nothing."""
    exchange = SimpleNamespace(number=5, status=200)
    finding = SimpleNamespace(exchange=5, property="ownership")
    shown = cast("Any", SimpleNamespace(program=RACE, finding=finding, answers={2: exchange}))
    came, experiments = explained(shown, RACE, cast("Any", Rated(iter(rounds))))
    assert came == cause
    alone = Experiment("one request after another", 0, 2)
    assert experiments == (alone, *([Experiment("a query of its own", 0, tries)] if tries else ()))
