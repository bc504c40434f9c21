"""Staleness: what was revoked opens nothing, and what was deleted shows nowhere, once that has been answered.

The policy may allow an operation's effect to be late by so many seconds. Each request after that counts by itself,
since a stale answer may come and go (incidents I71, I72); how late the last one was is part of the finding.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from partywall.ledger import id_places, parent
from partywall.model import Finding
from partywall.oracle.comparison import Comparison, answers, findings
from partywall.oracle.completeness import asked_ids
from partywall.oracle.session import issued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange
    from partywall.policy import Resource

PROPERTY = "staleness"


def staleness(ledger: Ledger) -> Iterator[Finding]:
    """What goes on after its end: one finding for each credential or object, and operation."""
    yield from findings(ledger, comparisons)


def comparisons(ledger: Ledger) -> Iterator[Comparison]:
    """Uses of credentials, and looks for objects, after their end."""
    yield from _revoked(ledger)
    for resource in ledger.policy.resources:
        yield from _deleted(ledger, resource)


def _revoked(ledger: Ledger) -> Iterator[Comparison]:
    exchanges = ledger.history.exchanges
    names = {each.credential: each.id for exchange in exchanges for each in issued(ledger, exchange)}
    by_name = any(log_in.id for log_in in ledger.policy.log_ins)
    for revocation in exchanges:
        if revocation.operation not in ledger.policy.revocations or not revocation.succeeded:
            continue
        asked = asked_ids(revocation)
        uses: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
        due_ns = revocation.returned_ns + ledger.policy.lag_ns(revocation.operation)
        for exchange in exchanges:
            used = {value for _, value in exchange.credentials}
            revoked = {c for c in used if names.get(c) in asked} if by_name else used
            if exchange.tenant != revocation.tenant or not revoked or revoked != used:
                continue
            if exchange.called_ns > due_ns and answers(exchange) and exchange.operation not in ledger.policy.public:
                uses[min(used), exchange.operation].append(exchange)
        for (credential, operation), used_by in uses.items():
            found: tuple[Finding, ...] = ()
            if late := [exchange for exchange in used_by if exchange.succeeded]:
                rule = f"exchange {revocation.number} revoked this credential and was answered {revocation.status}"
                found = (_finding(ledger, "revoked", credential, rule, revocation, late),)
            yield from _counted(operation, "status", len(used_by), found)


def _deleted(ledger: Ledger, resource: Resource) -> Iterator[Comparison]:
    """What its owner removed, in what lists it and in what the owner asks for it."""
    exchanges = ledger.history.exchanges
    gone: dict[tuple[int, str, str], Exchange] = {}
    for exchange in exchanges:
        if (pattern := resource.removed.get(exchange.operation)) and exchange.succeeded:
            for _, id_ in id_places(exchange, pattern):
                gone.setdefault((exchange.tenant, parent(resource, exchange), id_), exchange)
    for exchange in exchanges if gone else ():
        # An id may be given anew.
        if (pattern := resource.made.get(exchange.operation)) and exchange.succeeded:
            for _, id_ in id_places(exchange, pattern):
                thing = (exchange.tenant, parent(resource, exchange), id_)
                if thing in gone and exchange.returned_ns > gone[thing].called_ns:
                    del gone[thing]
    listed = {listing.operation: listing.ids for listing in resource.listed}
    looks = resource.shown | listed
    late: dict[tuple[int, str, str, str], list[Exchange]] = defaultdict(list)
    looked: Counter[tuple[int, str, str, str]] = Counter()
    for exchange in exchanges if gone else ():
        pattern = looks.get(exchange.operation)
        if not pattern or not answers(exchange):
            continue
        shown = {id_ for _, id_ in id_places(exchange, pattern)} if exchange.succeeded else set()
        everything = exchange.operation in listed and exchange.succeeded
        asked = shown if everything else shown | asked_ids(exchange)
        here = (exchange.tenant, parent(resource, exchange))
        for (tenant, within, id_), removal in gone.items():
            if (tenant, within) != here or not (everything or id_ in asked):
                continue
            if exchange.called_ns > removal.returned_ns + ledger.policy.lag_ns(removal.operation):
                looked[tenant, within, id_, exchange.operation] += 1
                if id_ in shown:
                    late[tenant, within, id_, exchange.operation].append(exchange)
    for (tenant, within, id_, operation), count in looked.items():
        found: tuple[Finding, ...] = ()
        if answered := late.get((tenant, within, id_, operation)):
            removal = gone[tenant, within, id_]
            rule = f"exchange {removal.number} removed this {resource.kind}"
            found = (_finding(ledger, "deleted", id_, rule, removal, answered),)
        yield from _counted(operation, "body", count, found)


def _counted(operation: str, surface: str, count: int, found: tuple[Finding, ...]) -> Iterator[Comparison]:
    """So many comparisons, with what they found together."""
    yield Comparison(operation, surface, found)
    yield from (Comparison(operation, surface) for _ in range(count - 1))


def _finding(ledger: Ledger, kind: str, value: str, rule: str, ended_by: Exchange, answered: list[Exchange]) -> Finding:
    first, last = answered[0], answered[-1]
    late_s = (last.called_ns - ended_by.returned_ns) / 1e9
    bound_s = ledger.policy.lag_ns(ended_by.operation) / 1e9
    times = "once" if len(answered) == 1 else f"{len(answered)} times"
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=first.operation,
        surface="status" if kind == "revoked" else "body",
        owner=ledger.history.label(ended_by.tenant),
        viewer=ledger.history.label(first.tenant),
        value=value,
        rule=f"{rule}; answered {times} since, the last time {late_s:.3f} s after, where {bound_s:g} s are allowed",
        place="",
        exchange=first.number,
        since=ended_by.number,
    )
