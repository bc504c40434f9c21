"""What happens in a run, as one stream. Writers subscribe and know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from partywall.baseline import Known
    from partywall.model import Exchange, Experiment, History, Outcome, Tenant
    from partywall.oracle.judge import Judgement
    from partywall.policy import Policy


@dataclass(frozen=True, slots=True)
class TrialOpened:
    """Tenants have been admitted. ``trial`` is unique in the run, ``test`` is the test's node id, ``accounts`` are
    a history's."""

    trial: str
    test: str
    policy: Policy
    tenants: tuple[Tenant, ...]
    accounts: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Twinned:
    """A tenant of a trial has twins: the only tenants of two other trials, both over."""

    trial: str
    tenant: int
    alone: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An exchange is over."""

    trial: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class TrialJudged:
    """A history has been judged."""

    trial: str
    test: str
    history: History
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Explained:
    """Experiments have been made with the witness of a finding, of this id, and say its cause; or it is a symptom of
    another's leak, which has the experiments."""

    finding: str
    cause: str
    experiments: tuple[Experiment, ...]
    symptom_of: str = ""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What a run has made and could not remove: kind and how many."""

    objects: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """One test of the run. ``sentence`` is its docstring's first line; ``reason`` says why it did not hold."""

    test: str
    sentence: str
    outcome: Outcome
    reason: str = ""
    __test__ = False  # not a test class to pytest


@dataclass(frozen=True, slots=True)
class RunEnded:
    """All tests are over. ``trouble`` is what went wrong outside of them: interrupted, collection failed;
    ``tolerated`` and ``known`` are the run's rule, which was read on a ``day``."""

    tests: tuple[TestOutcome, ...]
    trouble: tuple[str, ...]
    tolerated: tuple[str, ...]
    known: tuple[Known, ...]
    day: date


Event = TrialOpened | Twinned | Exchanged | TrialJudged | Explained | LeftBehind | RunEnded
Subscriber = Callable[[Event], None]


def left_behind(objects: Iterable[tuple[str, int]]) -> str:
    """What is left, in words."""
    return f"left behind: {', '.join(f'{count} {kind}' for kind, count in objects)}"
