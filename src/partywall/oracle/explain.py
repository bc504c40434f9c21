"""Words for findings, rendered from their data and the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partywall.model import Exchange, Finding, History


CLASSES = ("content", "metadata", "existence")
"""From the worst to the mildest: what it says, what it says about it, that there is something."""

CLASS_OF_KIND = {
    "content": "content",
    "wrong-name": "content",
    "missing": "content",
    "identifier": "metadata",
    "influence": "metadata",
}


def severity(finding: Finding) -> int:
    """For sorting, the worst first. A kind that is not known counts as the worst."""
    return CLASSES.index(CLASS_OF_KIND.get(finding.kind, CLASSES[0]))


def headline(finding: Finding) -> str:
    """One line: what of whose showed where, to whom."""
    if finding.kind == "influence":
        return f"{finding.operation}: {finding.surface} tells {finding.viewer} what others do: {finding.value}"
    if finding.kind == "missing":
        return f"{finding.operation}: {finding.viewer}'s own {finding.value} is missing"
    return f"{finding.operation}: {finding.surface} shows {finding.viewer} a value of {finding.owner}: {finding.value}"


def explain(finding: Finding, history: History) -> str:
    """The story of a finding, to be checked by hand: who, as whom, asked for what, when, what came back,
    whose it was, and how we know."""
    lines = [headline(finding)]
    if finding.since is not None:
        lines.append(f"  since      {_line(history, history.numbered[finding.since])}")
    lines.append(f"  shown by   {_line(history, history.numbered[finding.exchange])}")
    if finding.place or finding.chain:
        where = finding.place or "the whole body"
        lines.append(f"  place      {where}" + (f", through {' > '.join(finding.chain)}" if finding.chain else ""))
    lines.append(f"  known by   {finding.rule}")
    lines.append(f"  property   {finding.property} ({finding.kind}), finding {finding.id}, cause {finding.cause}")
    return "\n".join(lines)


def _line(history: History, exchange: Exchange) -> str:
    at_ms = (exchange.called_ns - history.exchanges[0].called_ns) / 1e6
    answer = str(exchange.status) if exchange.status is not None else exchange.fault
    done = f" [{', '.join(exchange.provocations)}]" if exchange.provocations else ""
    return (
        f"exchange {exchange.number} at {at_ms:.0f} ms: {history.label(exchange.tenant)} "
        f"{exchange.method} {exchange.url} -> {answer}{done}"
    )
