"""Integrity: whatever another tenant tried to write, and whatever it was answered, the owner finds its world unchanged.

The attacker may see nothing at all (incident I69): it is the owner's next read that shows the write. Two reads by the
owner of one object, by one operation, with no write of the owner's own between them, differ only in what changes by
nature. What does is learned from reads with nobody's write between them, and from the policy.

That an object is gone is said by `completeness` where this history saw it made, and here where it was there before.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from partywall import places
from partywall.ledger import id_places, parent, sent_text
from partywall.model import Finding
from partywall.oracle.comparison import Comparison, answers, findings
from partywall.oracle.completeness import asked_ids
from partywall.oracle.writes import writes_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange
    from partywall.policy import Resource

PROPERTY = "integrity"

_INDEX = re.compile(r"/\d+(?=/|$)")


class _Read(NamedTuple):
    """What a read showed of an object: relative place -> value. None: it was asked for and not there."""

    exchange: Exchange
    at: str
    content: dict[str, places.Scalar] | None


class _Pair(NamedTuple):
    resource: Resource
    id: str
    before: _Read
    after: _Read
    attempts: list[Exchange]


def integrity(ledger: Ledger) -> Iterator[Finding]:
    """What another tenant's attempts changed: at most one finding for each pair of reads and object."""
    yield from findings(ledger, comparisons)


def comparisons(ledger: Ledger) -> Iterator[Comparison]:
    """Pairs of reads of one object with nothing but others' attempts to write between them: one comparison for each
    operation whose attempt was answered, and the finding with the likeliest of all. What a service out of order, or a
    limit, kept from being looked at proves no wall; what it changed all the same is found."""
    volatile: set[tuple[str, str]] = set()
    pairs = []
    writes: dict[tuple[int, int], list[Exchange]] = {}
    for resource in ledger.policy.resources:
        for id_, reads in _reads(ledger, resource):
            for before, after in pairwise(reads):
                first, last = before.exchange, after.exchange
                if before.content is None or first.returned_ns > last.called_ns:
                    continue
                if (first.number, last.number) not in writes:
                    writes[first.number, last.number] = list(writes_between(ledger, first, last))
                between = writes[first.number, last.number]
                if any(each.tenant == last.tenant for each in between):
                    continue
                pair = _Pair(resource, id_, before, after, between)
                if between:
                    pairs.append(pair)
                else:
                    volatile |= {(last.operation, _any_index(place)) for place in _differing(pair)}
    for pair in pairs:
        finding = _finding(ledger, pair, volatile)
        guilty = {finding.operation} if finding else set()
        answered = (attempt.operation for attempt in pair.attempts if answers(attempt))
        for operation in dict.fromkeys((*guilty, *answered)):
            yield Comparison(operation, "body", (finding,) if finding and operation in guilty else ())


def _finding(ledger: Ledger, change: _Pair, volatile: set[tuple[str, str]]) -> Finding | None:
    before, after = change.before, change.after
    shown_by = after.exchange
    differing = [
        place
        for place in _differing(change)
        if (shown_by.operation, _any_index(place)) not in volatile
        and not _declared(ledger, shown_by.operation, after.at + place)
    ]
    if not differing and after.content is not None:
        return None
    attempt = max(change.attempts, key=lambda e: (_names(ledger, e, change), e.number))
    kind, place, value = "removed", "", change.id
    was = f"exchange {before.exchange.number} showed it"
    if after.content is not None:
        kind, place = "changed", after.at + differing[0]
        value = str(after.content.get(differing[0], "(nothing)"))
        was = f"in exchange {before.exchange.number} it was {before.content.get(differing[0])!r}"  # type: ignore[union-attr]
    label = ledger.history.label
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=attempt.operation,
        surface="body",
        owner=label(shown_by.tenant),
        viewer=label(attempt.tenant),
        value=value,
        rule=(
            f"{was}; since then {label(shown_by.tenant)} has written nothing, and {label(attempt.tenant)} has sent "
            f"exchange {attempt.number}, answered {attempt.status or attempt.fault}: {change.resource.kind} {change.id}"
        ),
        place=place,
        chain=("json",),
        exchange=shown_by.number,
        since=attempt.number,
    )


def _reads(ledger: Ledger, resource: Resource) -> Iterator[tuple[str, list[_Read]]]:
    """Each object with the reads that its owner made of it, by one operation in one form, in order of calling."""
    listed = {listing.operation: listing for listing in resource.listed}
    found: dict[tuple[int, str, str, str], list[_Read]] = defaultdict(list)
    for exchange in ledger.history.exchanges:
        listing = listed.get(exchange.operation)
        pattern = resource.shown.get(exchange.operation) or (listing.ids if listing else "")
        if not pattern or not (exchange.succeeded or exchange.status == 404):
            continue
        form = f"{parent(resource, exchange)}?{_form(exchange, listing.cursor if listing else '')}"
        shown = id_places(exchange, pattern) if exchange.succeeded else []
        for place, id_ in shown:
            if _owns(ledger, resource, exchange.tenant, id_):
                at = place.rpartition("/")[0]
                content = dict(places.leaves(_value(places.parse(exchange.body), at)))
                found[exchange.tenant, exchange.operation, form, id_].append(_Read(exchange, at, content))
        if not listing:
            for id_ in asked_ids(exchange) - {id_ for _, id_ in shown}:
                reads = found.get((exchange.tenant, exchange.operation, form, id_))
                if reads and (resource.kind, id_) not in ledger.ids:
                    reads.append(_Read(exchange, "", None))
    return ((id_, reads) for (_, _, _, id_), reads in found.items())


def _owns(ledger: Ledger, resource: Resource, tenant: int, id_: str) -> bool:
    """Whose object nobody was seen to make is its reader's; `ownership` looks after the others."""
    owners = ledger.ids.get((resource.kind, id_), {})
    return not owners or tenant in owners


def _form(exchange: Exchange, cursor: str) -> str:
    """The part of a query that may decide how objects are shown."""
    query = urllib.parse.parse_qsl(urllib.parse.urlsplit(exchange.url).query, keep_blank_values=True)
    return urllib.parse.urlencode(sorted(pair for pair in query if pair[0] != cursor))


def _value(document: Any, place: str) -> Any:
    """The part of a document at a place that it has."""
    for part in place.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _differing(change: _Pair) -> list[str]:
    before, after = change.before.content or {}, change.after.content
    if after is None:
        return []
    return [place for place in {**before, **after} if before.get(place) != after.get(place)]


def _declared(ledger: Ledger, operation: str, place: str) -> bool:
    return any(v.operation == operation and places.fits(place, v.place) for v in ledger.policy.volatile)


def _any_index(place: str) -> str:
    return _INDEX.sub("/*", place)


def _names(ledger: Ledger, attempt: Exchange, change: _Pair) -> bool:
    """Does the request name the object, or its owner by account or mark? Then it is the likelier culprit."""
    text = sent_text(attempt)
    owner = change.after.exchange.tenant
    accounts = [account.lower() for tenant, account in ledger.history.accounts if tenant == owner and account]
    named = re.search(rf"(?<!\w){re.escape(change.id.lower())}(?!\w)", text) is not None
    marks = (mark for mark in ledger.marks.find(text.encode()) if mark.genuine)
    return named or any(account in text for account in accounts) or any(mark.tenant == owner for mark in marks)
