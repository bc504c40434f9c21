"""Explore an application: search, bring back what was found, reduce it, say what is guaranteed."""

from __future__ import annotations

import time
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
        cut: "" or where the budget was spent. Behind a guarantee that is no reason to be inconclusive: what is drawn by
            chance has no end of its own.
    """

    verdict: Verdict
    witnesses: tuple[Witness, ...]
    guarantee: Guarantee | None
    schedules: int
    judged: int
    cut: str = ""


def explore(
    subject: Subject,
    work: Programme | Operations,
    *,
    stages: Sequence[Stage] = STAGES,
    seed: int = 0,
    schedules_max: int | None = None,
    seconds_max: float | None = None,
    failures_max: int = 1,
) -> Exploration:
    """Search for interleavings that break isolation.

    Args:
        work: one programme, or operations to make programmes of.
        stages: in this order, until as many different failures as ``failures_max`` are found or the budget of
            ``schedules_max`` or ``seconds_max`` is spent. Reducing what was found is not counted.
    """
    guarantee: Guarantee | None = None
    with Runner(subject) as runner:
        until = None if seconds_max is None else time.monotonic() + seconds_max
        search = Search(runner, work, seed, schedules_max, failures_max, until)
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
    if search.cut and guarantee is None:
        search.reasons[search.cut] = None
    reasons = (*search.reasons, *(() if witnesses or search.reasons else _not_exercised(search)))
    findings = tuple(witness.finding for witness in witnesses)
    return Exploration(
        Verdict.of(findings, reasons),
        tuple(witnesses),
        guarantee if not search.found else None,
        search.schedules,
        judged,
        search.cut,
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
    policy = search.runner.subject.policy
    for operation, covered in search.coverage.items():
        if not covered.exchanges:
            continue
        if not covered.succeeded:
            reasons.append(f"{operation}: never succeeded")
        elif operation in policy.public or policy.why_excluded(operation, "ownership"):
            continue
        elif not covered.noticed and (covered.transplants or covered.nothing_to_notice):
            reasons.append(f"{operation}: shows nothing by which a leak would be noticed")
    return reasons
