"""Ownership: no response shows a tenant what is another's, on any surface, whatever its status.

Three kinds of evidence: a genuine mark of another tenant; an object's id, at the place where responses
show objects of that kind; a distinctive value that the service assigned to another tenant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from partywall.decode import Text
from partywall.ledger import id_patterns, id_places, tokens
from partywall.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

PROPERTY = "ownership"


class _Evidence(NamedTuple):
    owner: int
    since: int | None
    value: str
    rule: str


def ownership(ledger: Ledger) -> Iterator[Finding]:
    """Every foreign value in every response of a history, in order of exchanges."""
    for exchange in ledger.history.exchanges:
        yield from foreign_values(ledger, exchange)


def foreign_values(ledger: Ledger, exchange: Exchange) -> Iterator[Finding]:
    """What of others one response shows: at most one finding for each kind, surface and owner."""
    seen: set[tuple[str, str, str]] = set()
    for finding in _all(ledger, exchange):
        key = (finding.kind, finding.surface, finding.owner)
        if key not in seen:
            seen.add(key)
            yield finding


def own_values(ledger: Ledger, exchange: Exchange) -> bool:
    """Does a response show its viewer something that is provably the viewer's own (a positive control)?"""
    if not exchange.succeeded:
        return False
    for text in ledger.decoded(exchange).texts:
        if any(mark.tenant == exchange.tenant for mark in ledger.marks.find(text.text.encode())):
            return True
        owners = (ledger.owner_of_token(token) for token in tokens(text.text))
        if any(owned and owned.tenant == exchange.tenant for owned in owners):
            return True
    return any(exchange.tenant in owners for _, _, owners in _shown_ids(ledger, exchange))


def _all(ledger: Ledger, exchange: Exchange) -> Iterator[Finding]:
    for text in ledger.decoded(exchange).texts:
        for evidence in (*_foreign_marks(ledger, exchange, text), *_foreign_tokens(ledger, exchange, text)):
            yield _finding(ledger, exchange, "content", text, evidence)
    for place, value, owners in _shown_ids(ledger, exchange):
        if owners and exchange.tenant not in owners:
            owner, since = next(iter(owners.items()))
            rule = f"exchange {since} made this object for {ledger.history.label(owner)}"
            shown = Text("body", place, ("json",), value)
            yield _finding(ledger, exchange, "identifier", shown, _Evidence(owner, since, value, rule))


def _foreign_marks(ledger: Ledger, exchange: Exchange, text: Text) -> Iterator[_Evidence]:
    for mark in ledger.marks.foreign(text.text.encode(), exchange.tenant):
        # The tag is what tells a mark from chance: unsigned look-alikes do occur in long base64.
        if not mark.genuine or ledger.sent(exchange, mark.text):
            continue
        if ledger.stored(exchange.tenant, mark.text, exchange.returned_ns):
            continue
        rule = f"the mark names {ledger.history.label(mark.tenant)} and its tag fits the run's key"
        yield _Evidence(mark.tenant, ledger.since(mark.text, mark.tenant), mark.text, rule)


def _foreign_tokens(ledger: Ledger, exchange: Exchange, text: Text) -> Iterator[_Evidence]:
    if not ledger.assigned:
        return
    for token in tokens(text.text):
        owned = ledger.owner_of_token(token)
        if owned is None or owned.tenant == exchange.tenant or ledger.sent(exchange, token):
            continue
        owner = ledger.history.label(owned.tenant)
        rule = f"exchange {owned.since} assigned this value to {owner} and to nobody else"
        yield _Evidence(owned.tenant, owned.since, token, rule)


def _shown_ids(ledger: Ledger, exchange: Exchange) -> Iterator[tuple[str, str, dict[int, int]]]:
    """Place, id and owners of the objects that a successful response shows. That the viewer asked for the id
    is no excuse here: these places say that the object was reached."""
    if not exchange.succeeded:
        return
    for resource in ledger.policy.resources:
        if resource.unique:
            for pattern in id_patterns(resource, exchange.operation):
                for place, value in id_places(exchange, pattern):
                    yield place, value, ledger.ids.get((resource.kind, value), {})


def _finding(ledger: Ledger, exchange: Exchange, kind: str, text: Text, evidence: _Evidence) -> Finding:
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=exchange.operation,
        surface=text.surface,
        owner=ledger.history.label(evidence.owner),
        viewer=ledger.history.label(exchange.tenant),
        value=evidence.value,
        rule=evidence.rule,
        place=text.place,
        chain=text.chain,
        exchange=exchange.number,
        since=evidence.since,
    )
