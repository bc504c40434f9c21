"""The end of a run in words, for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.model import Outcome
from partywall.oracle.explain import headline
from partywall.oracle.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.config import Config
    from partywall.gate import Assessment

REASONS_MAX = 20


def summary(assessment: Assessment, config: Config) -> Iterator[str]:
    """The verdict and what it rests on, line by line."""
    tally = assessment.tally
    yield (
        f"{tally.judged} responses judged in {tally.trials} trials of {tally.tenants} tenants; "
        f"{tally.overlaps.total()} overlaps; seed {config.seed}"
    )
    states = [cell.state for cell in assessment.grid]
    if states:
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        yield f"{len(tally.coverage)} operations; cells of operation and property: {counts}"
    for found in sorted(tally.found.values(), key=lambda each: kind_of(each.finding), reverse=True):
        where = f" (findings/{found.finding.id}, {found.count} times)"
        yield f"violated: {headline(found.finding)}{where}"
    for found in tally.warned.values():
        yield f"warning: {headline(found.finding)} ({found.count} trials)"
    for reason in assessment.reasons[:REASONS_MAX]:
        yield f"not proven: {reason}"
    if len(assessment.reasons) > REASONS_MAX:
        yield f"not proven: {len(assessment.reasons) - REASONS_MAX} further reasons, see report.json"
    if assessment.bound is not None and assessment.outcome is Outcome.HELD:
        yield (
            f"no leak in {tally.judged} responses: with 95 % confidence fewer than "
            f"{assessment.bound:.2g} of such responses leak"
        )
    yield f"verdict {assessment.outcome}; report in {config.folder}"
