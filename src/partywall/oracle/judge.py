"""All oracles over one history, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.ledger import Ledger
from partywall.model import Verdict
from partywall.oracle.completeness import completeness
from partywall.oracle.coverage import Exercised, exercised, overlaps
from partywall.oracle.echo import echo
from partywall.oracle.noninterference import compare, noninterference
from partywall.oracle.ownership import ownership

if TYPE_CHECKING:
    from collections import Counter

    from partywall.model import History
    from partywall.policy import Policy

PROPERTIES = {"ownership": ownership, "echo": echo, "completeness": completeness, "noninterference": noninterference}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what it rests on.

    Attributes:
        overlaps: pairs of operations of different tenants that were in flight together -> how often.
        exercised: what the history exercised.
        judged: responses that were looked at.
    """

    verdict: Verdict
    exercised: Exercised
    overlaps: Counter[tuple[str, str]]
    judged: int


def judge(history: History, policy: Policy) -> Judgement:
    """Hold a history against a policy. Pure: the same history gives the same judgement, anywhere."""
    ledger = Ledger.of(history, policy)
    findings = tuple(finding for oracle in PROPERTIES.values() for finding in oracle(ledger))
    reasons = [
        f"{exchange.operation}: not looked at: {unseen}"
        for exchange in history.exchanges
        for unseen in ledger.decoded(exchange).unseen
    ]
    if reason := compare(ledger).reason:
        reasons.append(reason)
    judged = sum(exchange.status is not None for exchange in history.exchanges)
    if not judged:
        reasons.append("no response was judged")
    return Judgement(
        verdict=Verdict.of(findings, tuple(dict.fromkeys(reasons))),
        exercised=exercised(ledger, findings),
        overlaps=overlaps(history),
        judged=judged,
    )
