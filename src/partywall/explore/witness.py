"""A finding that was brought back: the smallest run that shows it, how feasible it is, and a test that fails for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.errors import Inconclusive, Violation
from partywall.explore.reduction import PREEMPTIONS_MAX, Reducer
from partywall.explore.run import Run, Runner
from partywall.explore.schedule import load
from partywall.oracle.explain import explain

if TYPE_CHECKING:
    from partywall.explore.programme import Programme, Subject
    from partywall.explore.search import Found, Identity
    from partywall.model import Finding

FEASIBLE, NOT_CONFIRMED = "feasible on a stock loop", "not confirmed"


@dataclass(frozen=True, slots=True)
class Witness:
    """What is reported of a finding.

    Attributes:
        found: how it was found.
        smallest: the reduced run. stock: a run that an ordinary loop can produce, None if none was found.
    """

    found: Found
    smallest: Run
    stock: Run | None

    @property
    def finding(self) -> Finding:
        """The finding, as the reduced run shows it."""
        return next(each for each in self.smallest.verdict.findings if each.identity == self.found.identity)

    @property
    def feasibility(self) -> str:
        """Can it happen on an ordinary loop?"""
        return FEASIBLE if self.stock is not None else NOT_CONFIRMED

    @property
    def requests(self) -> int:
        """How many requests it takes."""
        return self.smallest.programme.size

    @property
    def preemptions(self) -> int:
        """How many preemptions it takes."""
        return self.smallest.schedule.preemptions

    @property
    def size(self) -> str:
        """In words."""
        hang_ups = int(self.smallest.schedule.disconnect is not None)
        parts = [(self.requests, "request"), (self.preemptions, "preemption"), (hang_ups, "disconnect")]
        return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts)

    def story(self) -> str:
        """For people."""
        return (
            f"{explain(self.finding, self.smallest.history)}\n"
            f"{self.size}, {self.feasibility}; found by {self.found.run.strategy} at schedule {self.found.at}\n"
            f"schedule: {self.smallest.schedule}\n"
            f"replay: {self.smallest.recording.to_text()}"
        )

    def test_source(self, subject: str, base: str) -> str:
        """A pytest test that fails for the same reason, until the failure is gone.

        Args:
            subject, base: "module:NAME" of the `Subject`, and of the `Programme` whose clients it uses.
        """
        imports = "\n".join(
            f"from {module} import {name}" for module, _, name in sorted({p.partition(":") for p in (subject, base)})
        )
        return self.test_over(imports, "", subject.partition(":")[2], base.partition(":")[2])

    def test_over(self, imports: str, setting: str, subject: str, base: str) -> str:
        """As `test_source`; ``subject`` and ``base`` are expressions, over imports and a setting written out."""
        run = self.smallest
        requests = "".join(
            f"            {client.name!r}: (\n"
            + "".join(f"                {each!r},\n" for each in client.requests)
            + "            ),\n"
            for client in run.programme.clients
            if client.requests
        )
        return _TEST.format(
            imports=imports,
            setting=setting,
            identity=self.found.identity,
            requests=requests,
            schedule=run.recording.to_text(),
            word=re.sub(r"\W+", "_", "_".join(self.found.identity)).strip("_").lower(),
            finding=f"{self.finding.operation}: {self.finding.viewer} is not shown what is {self.finding.owner}'s"
            if self.finding.owner != self.finding.viewer
            else f"{self.finding.operation}: {self.finding.kind} does not happen",
            subject=subject,
            base=base,
            summary=f"{self.size}; {self.feasibility}",
        )


_TEST = '''"""{summary}."""

{imports}
from partywall.explore import held_again
from partywall.model import Request

IDENTITY = {identity!r}
SCHEDULE = {schedule!r}
{setting}

def test_{word}():
    """{finding}."""
    programme = {base}.asking(
        {{
{requests}        }}
    )
    held_again({subject}, programme, SCHEDULE, IDENTITY)
'''


def replay(subject: Subject, programme: Programme, recorded: str) -> Run:
    """Run what was recorded again. Raises `Inconclusive` where it is not the same, step by step."""
    recording = load(recorded)
    with Runner(subject) as runner:
        run = runner.replay(programme, recording.schedule)
    divergence = recording.divergence(run.recording)
    if divergence:
        raise Inconclusive(f"the run is not the one recorded: {divergence}")
    return run


def held_again(subject: Subject, programme: Programme, recorded: str, identity: Identity) -> None:
    """Raises `Violation` if a recorded failure shows again.

    Where the application has changed, so that the recorded run can't be had any more, every run of the programme with
    no more preemptions is tried in its place.
    """
    recording = load(recorded)
    with Runner(subject) as runner:
        run: Run | None = runner.replay(programme, recording.schedule)
        if run is not None and recording.divergence(run.recording):
            gone = recording.schedule.disconnect is not None
            limit = min(recording.schedule.preemptions, PREEMPTIONS_MAX)
            stock = recording.schedule.stock
            reducer = Reducer(runner, identity)
            run = reducer.bounded(programme, limit, reducer.bounded_max, disconnecting=gone, stock=stock)
    if run is None:
        return
    shown = [finding for finding in run.verdict.findings if finding.identity == identity]
    if shown:
        raise Violation(shown, explain(shown[0], run.history))
    if run.judgement is None:
        raise Inconclusive("; ".join(run.verdict.reasons))
