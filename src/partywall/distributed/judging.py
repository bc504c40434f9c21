"""The histories of a load's workers as one, and the verdict on it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from partywall.config import Config
from partywall.distributed.share import RUN, Figures, Share, kept_at
from partywall.distributed.worker import TEST
from partywall.errors import Inconclusive, UsageError
from partywall.events import Exchanged, TestOutcome, TrialJudged, TrialOpened
from partywall.grid import Rule
from partywall.model import History, Outcome
from partywall.oracle.coverage import overlaps
from partywall.oracle.explain import headline
from partywall.oracle.judge import judge
from partywall.record import Trials, read_records
from partywall.suite.records import Records, clear, concluded
from partywall.target import Credential, Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from partywall.gate import Assessment
    from partywall.model import Tenant
    from partywall.policy import Policy

CLAIM = "Tenants on different workers get their own and nothing else."


@dataclass(frozen=True, slots=True)
class Part:
    """What one worker has recorded.

    Attributes:
        offset_ns: what has to be added to its times.
        cut: bodies were cut when they were recorded.
    """

    worker: int
    history: History
    policy: Policy
    offset_ns: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Concluded:
    """The assessment of a load, and lines that say what else there is to it."""

    assessment: Assessment
    lines: tuple[str, ...]


def merge(parts: Sequence[Part]) -> History:
    """One history of all that the workers recorded, in order of calling by the master's clock.

    Raises:
        UsageError: they are no parts of one load: another key, or a tenant in two of them.
    """
    keys = {part.history.key for part in parts}
    tenants = tuple(tenant for part in parts for tenant in part.history.tenants)
    if len(keys) != 1 or len({tenant.number for tenant in tenants}) != len(tenants):
        raise UsageError("histories to merge: expected one key, and each tenant on one worker alone; came others")
    shifted = (
        replace(
            exchange, called_ns=exchange.called_ns + part.offset_ns, returned_ns=exchange.returned_ns + part.offset_ns
        )
        for part in parts
        for exchange in part.history.exchanges
    )
    in_order = sorted(shifted, key=lambda exchange: exchange.called_ns)
    exchanges = tuple(replace(exchange, number=number) for number, exchange in enumerate(in_order))
    accounts = tuple(account for part in parts for account in part.history.accounts)
    return History(keys.pop(), tenants, exchanges, accounts)


def overlaps_across(history: History, parts: Sequence[Part]) -> int:
    """Pairs of requests from different workers that were in flight at one moment."""
    worker_of = {tenant.number: part.worker for part in parts for tenant in part.history.tenants}
    by_worker = tuple(replace(exchange, tenant=worker_of[exchange.tenant]) for exchange in history.exchanges)
    return overlaps(replace(history, exchanges=by_worker)).total()


def conclude(folder: Path) -> Concluded:
    """Merge and judge what is in a master's folder, and write the report there.

    Raises:
        UsageError: it is no such folder.
    """
    try:
        run = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: expected the folder of a distributed load, with {RUN}; came {error}") from error
    config = Config(run["seed"], folder.absolute())
    rule, trouble = Rule.of(run["tolerate"]), list(run["trouble"])
    parts = [_part(folder, worker) for worker in run["workers"]]
    trouble += [f"worker {part.worker}: bodies were cut when they were recorded" for part in parts if part.cut]
    clear(config.folder)
    records = Records(config)
    outcomes: list[TestOutcome] = []
    lines = [_told(worker) for worker in run["workers"]]
    if parts:
        history, policy = merge(parts), parts[0].policy
        across = overlaps_across(history, parts)
        lines.append(f"{across} pairs of requests from different workers were in flight together")
        if len(parts) > 1 and not across:
            trouble.append("no two workers' requests were ever in flight together")
        outcomes.append(_judged(records, history, policy, rule))
        records.write_evidence(Target(run["base_url"], policy, _admit_nobody), seconds=0)
    records.close()
    return Concluded(concluded(config, outcomes, trouble, rule, started=run["started"]), tuple(lines))


def _judged(records: Records, history: History, policy: Policy, rule: Rule) -> TestOutcome:
    records.emit(TrialOpened(TEST, TEST, policy, history.tenants, history.accounts))
    for exchange in history.exchanges:
        records.emit(Exchanged(TEST, exchange))
    judgement = judge(history, policy)
    records.emit(TrialJudged(TEST, TEST, history, judgement))
    verdict = judgement.verdict.refused(rule.refuses_finding)
    reason = headline(verdict.findings[0]) if verdict.outcome is Outcome.VIOLATED else "; ".join(verdict.reasons)
    return TestOutcome(TEST, CLAIM, verdict.outcome, reason)


def _part(folder: Path, worker: dict[str, Any]) -> Part:
    share, trials = Share(**worker["share"]), Trials()
    for record in read_records(kept_at(folder, share.worker)):
        trials.hear(record)
    (trial,) = trials
    return Part(share.worker, trials.history(trial), trials.policy(trial), share.offset_ns, trials.cut(trial))


def _told(worker: dict[str, Any]) -> str:
    share, figures = Share(**worker["share"]), Figures(**worker["figures"])
    rate = figures.requests / figures.seconds if figures.seconds else 0.0
    each = 1e6 * figures.cpu_s / figures.requests if figures.requests else 0.0
    clock = f"clock known to {worker['within_ns'] / 1e3:.0f} us, set by {share.offset_ns / 1e3:.0f} us"
    return (
        f"worker {share.worker}: {share.tenants} tenants, {figures.requests} requests in {figures.seconds:.1f} s "
        f"({rate:.0f} a second, {each:.0f} us CPU each), {figures.faults} faults, "
        f"{figures.foreign} with foreign marks, {figures.kept} judged; {clock}"
    )


def _admit_nobody(_tenant: Tenant) -> Credential:
    raise Inconclusive("the load is over: what it has recorded is judged, and nothing is sent")
