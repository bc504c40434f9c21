"""Ownership: no response shows a tenant what is another's, on any surface, whatever its status.

Three kinds of evidence: a genuine mark of another tenant; an object's id, at the place where responses
show objects of that kind; a distinctive value that the service assigned to another tenant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.ledger import id_patterns, id_places, tokens
from partywall.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode import Text
    from partywall.ledger import Ledger
    from partywall.model import Exchange

PROPERTY = "ownership"


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
        yield from _foreign_marks(ledger, exchange, text)
        yield from _foreign_tokens(ledger, exchange, text)
    for place, value, owners in _shown_ids(ledger, exchange):
        if owners and exchange.tenant not in owners:
            owner, since = next(iter(owners.items()))
            yield _finding(
                ledger,
                exchange,
                kind="identifier",
                surface="body",
                place=place,
                chain=("json",),
                owner=owner,
                since=since,
                value=value,
                rule=f"exchange {since} made this object for {ledger.history.label(owner)}",
            )


def _foreign_marks(ledger: Ledger, exchange: Exchange, text: Text) -> Iterator[Finding]:
    for mark in ledger.marks.foreign(text.text.encode(), exchange.tenant):
        # The tag is what tells a mark from chance: unsigned look-alikes do occur in long base64.
        if not mark.genuine or ledger.sent(exchange, mark.text):
            continue
        if ledger.stored(exchange.tenant, mark.text, exchange.returned_ns):
            continue
        owner = ledger.history.label(mark.tenant)
        yield _finding(
            ledger,
            exchange,
            kind="content",
            surface=text.surface,
            place=text.place,
            chain=text.chain,
            owner=mark.tenant,
            since=ledger.since(mark.text, mark.tenant),
            value=mark.text,
            rule=f"the mark names {owner} and its tag fits the run's key",
        )


def _foreign_tokens(ledger: Ledger, exchange: Exchange, text: Text) -> Iterator[Finding]:
    if not ledger.assigned:
        return
    for token in tokens(text.text):
        owned = ledger.owner_of_token(token)
        if owned is None or owned.tenant == exchange.tenant or ledger.sent(exchange, token):
            continue
        owner = ledger.history.label(owned.tenant)
        yield _finding(
            ledger,
            exchange,
            kind="content",
            surface=text.surface,
            place=text.place,
            chain=text.chain,
            owner=owned.tenant,
            since=owned.since,
            value=token,
            rule=f"exchange {owned.since} assigned this value to {owner} and to nobody else",
        )


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


def _finding(
    ledger: Ledger,
    exchange: Exchange,
    *,
    kind: str,
    surface: str,
    place: str,
    chain: tuple[str, ...],
    owner: int,
    since: int | None,
    value: str,
    rule: str,
) -> Finding:
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=exchange.operation,
        surface=surface,
        owner=ledger.history.label(owner),
        viewer=ledger.history.label(exchange.tenant),
        value=value,
        rule=rule,
        place=place,
        chain=chain,
        exchange=exchange.number,
        since=since,
    )
