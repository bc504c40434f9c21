"""Explore an application: search, bring back what was found, reduce it, say what is guaranteed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.explore.lockstep import Lockstep
from partywall.explore.portfolio import Portfolio
from partywall.explore.reduction import Reducer
from partywall.explore.run import Runner
from partywall.explore.search import Enough, Found, Guarantee, Search, Stage
from partywall.explore.sweep import Sweep
from partywall.explore.witness import Witness
from partywall.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.explore.programme import Operations, Programme, Subject

STAGES: tuple[Stage, ...] = (Lockstep(), Sweep(), Portfolio())


@dataclass(frozen=True, slots=True)
class Exploration:
    """What an exploration says.

    Attributes:
        verdict: `violated` only for what was brought back; a run that could not be is a reason to be inconclusive.
        schedules: how many were run in the search; judged: how many of their histories differed.
        guarantee: what was explored exhaustively and held, None if nothing was.
    """

    verdict: Verdict
    witnesses: tuple[Witness, ...]
    guarantee: Guarantee | None
    schedules: int
    judged: int


def explore(
    subject: Subject,
    work: Programme | Operations,
    *,
    stages: Sequence[Stage] = STAGES,
    seed: int = 0,
    schedules_max: int | None = None,
    failures_max: int = 1,
) -> Exploration:
    """Search for interleavings that break isolation.

    Args:
        work: one programme, or operations to make programmes of.
        stages: in this order, until as many different failures as ``failures_max`` are found or the budget of
            ``schedules_max`` is spent.
    """
    guarantee: Guarantee | None = None
    with Runner(subject) as runner:
        search = Search(runner, work, seed, schedules_max, failures_max)
        try:
            for stage in stages:
                search.stage = stage.name
                guarantee = stage.explore(search) or guarantee
        except Enough:
            pass
        judged = runner.judged
        witnesses = []
        for found in search.found.values():
            brought_back = _brought_back(runner, found)
            if isinstance(brought_back, Witness):
                witnesses.append(brought_back)
            else:
                search.reasons[brought_back] = None
    reasons = (*search.reasons, *(() if witnesses or search.reasons else _not_exercised(search)))
    findings = tuple(witness.finding for witness in witnesses)
    return Exploration(
        Verdict.of(findings, reasons),
        tuple(witnesses),
        guarantee if not search.found else None,
        search.schedules,
        judged,
    )


def _brought_back(runner: Runner, found: Found) -> Witness | str:
    """The finding's witness, or why it is none."""
    again = runner.replay(found.run.programme, found.run.schedule)
    divergence = found.run.recording.divergence(again.recording)
    if divergence:
        name = " ".join(found.identity)
        return f"{name}: not brought back, so something is not under control: {divergence}"
    reducer = Reducer(runner, found.identity)
    smallest = reducer.smallest(again)
    return Witness(found, smallest, reducer.on_stock_loop(smallest))


def _not_exercised(search: Search) -> list[str]:
    """Why a search that found nothing proves nothing."""
    reasons = [] if search.overlapped else ["no two sessions' requests overlapped"]
    public = search.runner.subject.policy.public
    for operation, covered in search.coverage.items():
        if not covered.exchanges:
            continue
        if not covered.succeeded:
            reasons.append(f"{operation}: never succeeded")
        elif operation not in public and covered.transplants and not covered.noticed:
            reasons.append(f"{operation}: shows nothing by which a leak would be noticed")
    return reasons
