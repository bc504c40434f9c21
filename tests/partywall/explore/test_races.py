"""Ten races: each is found, brought back, reduced, and written out as a test; its correct twin is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywall.errors import Inconclusive, Violation
from partywall.explore import Lockstep, Portfolio, Sweep, Witness, explore, held_again, replay
from partywall.explore.run import Runner
from partywall.explore.witness import FEASIBLE
from partywall.model import Outcome
from tests.partywall.explore.races import RACES

if TYPE_CHECKING:
    from tests.partywall.explore.races.race import Race

SCHEDULES_MAX = 300
REPLAYS = 100

races = pytest.mark.parametrize("name", RACES)


@pytest.fixture(scope="module")
def witnesses() -> dict[str, Witness]:
    """The witness of each race, explored once."""
    return {}


@pytest.fixture
def race(name: str, witnesses: dict[str, Witness]) -> Race:
    """A race whose witness is there."""
    found: Race = RACES[name]
    if name not in witnesses:
        exploration = explore(found.subject(), found.programme, schedules_max=SCHEDULES_MAX)
        assert exploration.verdict.outcome is Outcome.VIOLATED, exploration.verdict.reasons
        witnesses[name] = exploration.witnesses[0]
    return found


@races
def test_found_within_a_bound_of_schedules_and_reduced(race: Race, name: str, witnesses: dict[str, Witness]) -> None:
    """The failure found is the race's, its witness is as small as it can be, and a stock loop can produce it."""
    witness = witnesses[name]
    disconnects = int(witness.smallest.schedule.disconnect is not None)
    assert witness.found.identity == race.identity
    assert (witness.requests, witness.preemptions, disconnects) == race.smallest
    assert witness.feasibility == FEASIBLE


@races
def test_replays_are_identical(race: Race, name: str, witnesses: dict[str, Witness]) -> None:
    """A hundred replays of the witness take the same steps to the same answers."""
    expected = witnesses[name].smallest
    with Runner(race.subject()) as runner:
        for _ in range(REPLAYS):
            again = runner.replay(expected.programme, expected.schedule)
            assert expected.recording.divergence(again.recording) == ""


@races
def test_saved_schedule_replays(race: Race, name: str, witnesses: dict[str, Witness]) -> None:
    """The short word of a schedule brings the finding back."""
    smallest = witnesses[name].smallest
    run = replay(race.subject(), smallest.programme, smallest.recording.to_text())
    assert race.identity in run.identities


@races
def test_written_test_fails_for_the_same_reason_until_mended(
    race: Race, name: str, witnesses: dict[str, Witness]
) -> None:
    """The test written out fails with the race's violation on the service, and passes on its twin."""
    source = witnesses[name].test_source("written:SUBJECT", "written:BASE")
    shown = _outcome(source, SUBJECT=race.subject(), BASE=race.programme)
    assert isinstance(shown, Violation)
    assert shown.findings[0].identity == race.identity
    assert _outcome(source, SUBJECT=race.subject(correct=True), BASE=race.programme) is None


@races
def test_correct_twin_is_silent(name: str) -> None:
    """The twin is held: after lockstep, a whole sweep, and a portfolio."""
    twin = RACES[name]
    stages = (Lockstep(), Sweep(), Portfolio(schedules=100))
    exploration = explore(twin.subject(correct=True), twin.programme, stages=stages)
    assert exploration.verdict.outcome is Outcome.HELD, exploration.verdict
    assert exploration.guarantee is not None
    assert str(exploration.guarantee).endswith("one disconnect at every step of each request: 0 leaks")


def test_held_again_tells_a_violation_from_another_programme(witnesses: dict[str, Witness]) -> None:
    """A schedule of one service is no run of another: replaying it there says at which step they part."""
    one, other = RACES["shared-global"], RACES["recycled-buffer"]
    recorded = explore(one.subject(), one.programme).witnesses[0].smallest.recording.to_text()
    with pytest.raises(Inconclusive, match=r"at step \d+ expected .*, came "):
        replay(other.subject(), other.programme, recorded)
    held_again(other.subject(correct=True), other.programme, recorded, other.identity)


def _outcome(source: str, **names: Any) -> Exception | None:
    """What the one test of a file raises; what the file imports from the service is given by ``names``."""
    lines = [line for line in source.splitlines() if not line.startswith("from written import")]
    scope: dict[str, Any] = dict(names)
    exec(compile("\n".join(lines), "written.py", "exec"), scope)
    (test,) = (value for name, value in scope.items() if name.startswith("test_"))
    try:
        test()
    except (Violation, Inconclusive) as error:
        return error
    return None
