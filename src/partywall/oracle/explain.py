"""Words for findings, rendered from their data and the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partywall.model import Exchange, Finding, History

_SHOWS = "{surface} shows {viewer} a value of {owner}: {value}"
_WORDS = {
    ("completeness", "missing"): "{viewer}'s own {value} is missing",
    ("noninterference", "influence"): "{surface} tells {viewer} what {owner} do: {value}",
    ("integrity", "changed"): "{viewer}'s request changed what is {owner}'s: {place} is now {value}",
    ("integrity", "removed"): "{viewer}'s request removed {owner}'s {value}",
    ("existence", "existence"): "{surface} tells {viewer} that {owner} has what it named: {value}",
    ("session", "foreign"): "{surface} gives {viewer} a session of {owner}: {value}",
    ("session", "kept"): "a log-in leaves {viewer} the session it had before: {value}",
    ("session", "survives"): "{viewer}'s session goes on after its log-out: {value}",
    ("staleness", "revoked"): "a revoked credential of {owner} still opens it: {value}",
    ("staleness", "deleted"): "{surface} still shows {viewer} what it deleted: {value}",
    ("exactly-once", "twice"): "one request of {viewer}, retried, was carried out twice: {value}",
    ("exactly-once", "uneven"): "{viewer} has one without the other: {value}",
    ("cache-discipline", "not-modified"): "304 tells {viewer} that a body of {owner} is its own: {value}",
    ("cache-discipline", "storable"): "a shared cache may store a private response: {place} is {value}",
    ("cache-discipline", "unmarked"): "a private response does not say so: {place} is {value}",
    ("cache-discipline", "cookie"): "a shared cache may store a Set-Cookie: Cache-Control is {value}",
    ("cache-discipline", "vary"): "Vary, which is {value}, lacks what a storable response depends on",
    ("cache-discipline", "validator"): "one ETag stands for bodies of two tenants: {value}",
}
"""What a headline says, where it isn't that a value shows."""


def headline(finding: Finding) -> str:
    """One line: what of whose showed where, to whom."""
    words = _WORDS.get((finding.property, finding.kind), _SHOWS)
    told = {name: getattr(finding, name) for name in ("surface", "owner", "viewer", "value", "place")}
    return f"{finding.operation}: {words.format_map(told)}"


def explain(finding: Finding, history: History, warnings: Sequence[Finding] = ()) -> str:
    """The story of a finding, to be checked by hand: who, as whom, asked for what, when, what came back,
    whose it was, and how we know. Warnings about the same operation are evidence of how it came about."""
    lines = [headline(finding)]
    if finding.since is not None:
        lines.append(f"  since      {_line(history, history.numbered[finding.since])}")
    lines.append(f"  shown by   {_line(history, history.numbered[finding.exchange])}")
    if finding.place or finding.chain:
        where = finding.place or "the whole body"
        lines.append(f"  place      {where}" + (f", through {' > '.join(finding.chain)}" if finding.chain else ""))
    lines.append(f"  known by   {finding.rule}")
    lines += [f"  evidence   {headline(each)}" for each in warnings if each.operation == finding.operation]
    lines.append(f"  property   {finding.property} ({finding.kind}), finding {finding.id}")
    return "\n".join(lines)


def _line(history: History, exchange: Exchange) -> str:
    at_ms = (exchange.called_ns - history.exchanges[0].called_ns) / 1e6
    answer = str(exchange.status) if exchange.status is not None else exchange.fault
    done = f" [{', '.join(exchange.provocations)}]" if exchange.provocations else ""
    return (
        f"exchange {exchange.number} at {at_ms:.0f} ms: {history.label(exchange.tenant)} "
        f"{exchange.method} {exchange.url} -> {answer}{done}"
    )
