"""The end of a run in words, for people at a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from partywall.events import left_behind
from partywall.model import UNKNOWN, Outcome
from partywall.oracle.explain import headline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partywall.gate import Assessment, Found

REASONS_MAX = 20


def summary(assessment: Assessment, folder: Path | None) -> Iterator[str]:
    """The verdict and what it rests on, line by line."""
    tally = assessment.tally
    yield (
        f"{tally.judged} responses judged in {tally.trials} trials of {tally.tenants} tenants; "
        f"{tally.seen.overlaps.total()} overlaps; seed {tally.seed}"
    )
    states = Counter(f"{cell.state} ({cell.cause})" if cell.cause else cell.state for cell in assessment.grid)
    if states:
        counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        yield f"{len(tally.seen.coverage)} operations; cells of operation, surface and property: {counts}"
    if untried := sorted({cell.property for cell in assessment.grid if cell.cause == "not-tried"}):
        yield f"nothing in this run tries {', '.join(untried)}"
    if tally.policy and tally.policy.names:
        yield f"tenants: {', '.join(tally.policy.named(label) for label, _ in tally.policy.names)}"
    for grant in tally.policy.granted if tally.policy else ():
        yield f"granted: what is {grant.owner}'s may show to {grant.viewer}: {grant.reason}"
    for found, symptoms in assessment.leaks:
        where = f" (findings/{found.finding.id}, {found.count} times)"
        word = "tolerated" if found.finding.id in assessment.tolerated else "violated"
        yield f"{word}: {headline(found.finding)}{where}"
        if found.experiments or found.finding.cause != UNKNOWN:
            told = "; ".join(map(str, found.experiments)) or "nothing but these requests is needed"
            yield f"  cause: {found.finding.cause} ({told})"
        if symptoms:
            yield f"  shows as well: {'; '.join(map(_symptom, symptoms))}"
    for known in assessment.gone:
        yield f"baseline: {known.id} ({known.owner}) was not found: take it out if it is mended"
    for found in tally.warned.values():
        yield f"warning: {headline(found.finding)} ({found.count} trials)"
    for lead, _ in tally.leads.values():
        under = f" under {lead.provocation}" if lead.provocation else ""
        yield f"lead: {lead.operation}{under}: {lead.broke} in {lead.count} of {lead.sent}"
    if tally.left:
        yield left_behind(tally.left.items())
    for reason in assessment.reasons[:REASONS_MAX]:
        yield f"not proven: {reason}"
    if len(assessment.reasons) > REASONS_MAX:
        yield f"not proven: {len(assessment.reasons) - REASONS_MAX} further reasons, see report.json"
    if assessment.bound is not None and assessment.outcome is Outcome.HELD:
        yield (
            f"no leak in {tally.judged} responses: with 95 % confidence fewer than "
            f"{assessment.bound:.2g} of such responses leak"
        )
        bounds = {operation: assessment.bound_of(operation) for operation in tally.seen.coverage}
        each = ", ".join(f"{operation} {bound:.2g}" for operation, bound in sorted(bounds.items()) if bound)
        yield f"by operation: {each}"
    yield f"verdict {assessment.outcome}" + (f"; report in {folder}" if folder else "")


def _symptom(found: Found) -> str:
    finding = found.finding
    return f"{finding.operation}, {finding.property} ({finding.kind}; findings/{finding.id}, {found.count} times)"
