"""All oracles over one history, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.ledger import Ledger
from partywall.model import Verdict
from partywall.oracle.cache_discipline import cache_discipline
from partywall.oracle.completeness import completeness
from partywall.oracle.coverage import Exercised, exercised, overlaps
from partywall.oracle.echo import echo
from partywall.oracle.exactly_once import exactly_once
from partywall.oracle.existence import existence
from partywall.oracle.integrity import integrity
from partywall.oracle.kinds import Direction, is_warning, kind_of
from partywall.oracle.leads import Lead, leads
from partywall.oracle.noninterference import compare, noninterference
from partywall.oracle.ownership import ownership
from partywall.oracle.session import session
from partywall.oracle.staleness import staleness

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from partywall.model import Finding, History
    from partywall.policy import Policy

PROPERTIES: dict[str, Callable[[Ledger], Iterator[Finding]]] = {
    "ownership": ownership,
    "echo": echo,
    "completeness": completeness,
    "noninterference": noninterference,
    "integrity": integrity,
    "existence": existence,
    "session": session,
    "staleness": staleness,
    "exactly-once": exactly_once,
    "cache-discipline": cache_discipline,
}
"""Each property's oracle, by name."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and what it rests on.

    Attributes:
        overlaps: pairs of operations of different tenants that were in flight together -> how often.
        exercised: what the history exercised.
        judged: responses that were looked at.
        leads: where the service broke.
    """

    verdict: Verdict
    exercised: Exercised
    overlaps: Counter[tuple[str, str]]
    judged: int
    leads: tuple[Lead, ...] = ()


def judge(history: History, policy: Policy) -> Judgement:
    """Hold a history against a policy. Pure: the same history gives the same judgement, anywhere."""
    ledger = Ledger.of(history, policy)
    found = _explained([finding for oracle in PROPERTIES.values() for finding in oracle(ledger)])
    found = [finding for finding in found if not granted(finding, policy)]
    findings = tuple(finding for finding in found if not is_warning(finding))
    warnings = tuple(finding for finding in found if is_warning(finding))
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
        verdict=Verdict.of(findings, tuple(dict.fromkeys(reasons)), warnings),
        exercised=exercised(ledger, findings),
        overlaps=overlaps(history),
        judged=judged,
        leads=leads(history),
    )


def granted(finding: Finding, policy: Policy) -> bool:
    """Has the owner let the viewer see what showed? To see is not to write."""
    return policy.grants(finding.owner, finding.viewer) and kind_of(finding).direction is Direction.READ


def _explained(found: list[Finding]) -> list[Finding]:
    """Without influences on answers that show what is somebody else's: that such an answer differs from the twin's
    goes without saying. A part of a value, which may be there by chance, explains nothing."""
    owned = {each.exchange for each in found if each.property == "ownership" and each.kind != "partial"}
    return [finding for finding in found if finding.property != "noninterference" or finding.exchange not in owned]
