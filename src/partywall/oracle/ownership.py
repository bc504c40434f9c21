"""Ownership: no response shows a tenant what is another's, on any surface, whatever its status.

Kinds of evidence: a genuine mark of another tenant, however disguised; a distinctive value that the service assigned
to another tenant, or that another tenant alone drew; an object's id, at the place where responses show objects of that
kind. What is weaker than these, and is counted, is in `pieces`.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from partywall.decode import Text
from partywall.ledger import id_patterns, id_places
from partywall.marks import bare
from partywall.model import Finding
from partywall.oracle.pieces import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

PROPERTY = "ownership"

REJOINED = "rejoined"
"""The last link of a chain of decodings where a value showed only after taking away what had been put into it."""


class _Evidence(NamedTuple):
    owner: int
    since: int | None
    value: str
    rule: str
    chance: float = 0.0


def ownership(ledger: Ledger) -> Iterator[Finding]:
    """Every foreign value in every response of a history, in order of exchanges; then what pieces of values show
    together."""
    told: set[tuple[str, str, str]] = set()
    for exchange in ledger.history.exchanges:
        for finding in foreign_values(ledger, exchange):
            told.add((finding.operation, finding.owner, finding.viewer))
            yield finding
    for finding in pieces(ledger):
        if (finding.operation, finding.owner, finding.viewer) not in told:
            yield finding


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
    shown = ledger.shown(exchange)
    if ledger.marks.head(exchange.tenant).encode() in shown.bare and any(
        mark.tenant == exchange.tenant for mark in ledger.marks.find(shown.bare)
    ):
        return True
    if ledger.assigned.shows_own(shown.known, exchange.tenant):
        return True
    return any(exchange.tenant in owners for _, _, owners in _shown_ids(ledger, exchange))


def _all(ledger: Ledger, exchange: Exchange) -> Iterator[Finding]:
    if evidence := _evidence(ledger, exchange):
        for text, each in _where(ledger.decoded(exchange).texts, evidence):
            yield _finding(ledger, exchange, "content", text, each)
    for place, value, owners in _shown_ids(ledger, exchange):
        if owners and exchange.tenant not in owners:
            owner, since = next(iter(owners.items()))
            rule = f"exchange {since} made this object for {ledger.history.label(owner)}"
            shown = Text("body", place, ("json",), value)
            yield _finding(ledger, exchange, "identifier", shown, _Evidence(owner, since, value, rule))


def _evidence(ledger: Ledger, exchange: Exchange) -> dict[str, _Evidence]:
    """Values of others that a response shows, from a look at all of its texts at once."""
    shown, label = ledger.shown(exchange), ledger.history.label
    found: dict[str, _Evidence] = {}
    for mark in ledger.marks.foreign(shown.bare, exchange.tenant):
        # The tag is what tells a mark from chance: unsigned look-alikes do occur in long base64.
        if not mark.genuine or mark.text in found or ledger.sent(exchange, mark.text):
            continue
        if ledger.stored(exchange.tenant, mark.text, exchange.returned_ns):
            continue
        rule = f"the mark names {label(mark.tenant)} and its tag fits the run's key"
        found[mark.text] = _Evidence(mark.tenant, ledger.since(mark.text, mark.tenant), mark.text, rule)
    for value, owned in ledger.assigned.among(shown.known, exchange.tenant):
        if ledger.sent(exchange, value):
            continue
        owner, chance = label(owned.tenant), 0.0
        rule = f"exchange {owned.since} assigned this value to {owner} and to nobody else"
        if (drawn := ledger.drawn_as(value)) is not None:
            name, chance = drawn
            rule = (
                f"in exchange {owned.since} {owner} alone sent this value, as {name}, one out of {ledger.spaces[name]}"
            )
        found[value] = _Evidence(owned.tenant, owned.since, value, rule, chance)
    return found


def _where(texts: tuple[Text, ...], evidence: dict[str, _Evidence]) -> Iterator[tuple[Text, _Evidence]]:
    """The texts that show values. What no text shows as it is written is looked for without the spaces, hyphens and the
    like in each text, then across all of them (a name cut into first and last)."""
    missing = dict(evidence)
    for text in texts:
        lower = text.text.lower()
        for value, each in evidence.items():
            if value in lower:
                missing.pop(value, None)
                yield text, each
    for value, each in missing.items():
        yield _rejoined(texts, bare(value)), each


def _rejoined(texts: tuple[Text, ...], value: bytes) -> Text:
    parts = [bare(text.text) for text in texts]
    at = next((index for index, part in enumerate(parts) if value in part), None)
    if at is None:
        start = b"".join(parts).find(value)
        ends = accumulate(map(len, parts))
        at = next(index for index, end in enumerate(ends) if end > start)
    return texts[at]._replace(chain=(*texts[at].chain, REJOINED))


def _shown_ids(ledger: Ledger, exchange: Exchange) -> Iterator[tuple[str, str, dict[int, int]]]:
    """Place, id and owners of the objects that a successful response shows. That the viewer asked for the id
    is no excuse here: these places say that the object was reached."""
    if not exchange.succeeded:
        return
    for resource in ledger.policy.resources:
        if resource.unique:
            for pattern in id_patterns(resource, exchange.operation):
                for place, value in id_places(exchange, pattern):
                    yield place, value, ledger.owners(resource.kind, value, exchange)


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
        chance=evidence.chance,
    )
