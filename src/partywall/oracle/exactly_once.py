"""Exactly once: however often a client retries, one key has one effect, and effects that go together come together.

Customers were charged twice and had no label (incident I01). The policy says where keys and effects show: a retry whose
first answer was lost shows its second effect in a list, if nowhere else.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import defaultdict
from typing import TYPE_CHECKING

from partywall import places
from partywall.ledger import id_places, normal_id, sent_text
from partywall.model import Finding
from partywall.oracle.comparison import Comparison, answers, findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange
    from partywall.policy import Effect

PROPERTY = "exactly-once"

_Seen = dict[tuple[int, str, str], dict[str, "Exchange"]]
"""(tenant, kind of effect, key) -> effect -> the exchange that showed it first."""

_Again = list[tuple[tuple[int, str, str], "Exchange"]]
"""Keys that had shown an effect, and an answered exchange that names them again."""


def exactly_once(ledger: Ledger) -> Iterator[Finding]:
    """Keys with a second effect, and with one of two that go together."""
    yield from findings(ledger, comparisons)


def comparisons(ledger: Ledger) -> Iterator[Comparison]:
    """Answers to what names a key that had shown its effect before, and looks for the other of two effects."""
    seen, again = _seen(ledger)
    yield from _twice(ledger, seen, again)
    for one, other in ledger.policy.paired:
        yield from _uneven(ledger, seen, one, other)
        yield from _uneven(ledger, seen, other, one)


def _foreign(ledger: Ledger, tenant: int, id_: str) -> bool:
    """Is it another tenant's object? That it shows is for `ownership` to say; it is no effect of this tenant's."""
    owners = (ledger.ids.get((resource.kind, id_), {}) for resource in ledger.policy.resources if resource.unique)
    return any(each and tenant not in each for each in owners)


def _seen(ledger: Ledger) -> tuple[_Seen, _Again]:
    seen: _Seen = defaultdict(dict)
    again: _Again = []
    for exchange in ledger.history.exchanges:
        for of in dict.fromkeys(e.of for e in ledger.policy.once if e.operation == exchange.operation):
            effects = [e for e in ledger.policy.once if (e.operation, e.of) == (exchange.operation, of)]
            if answers(exchange):
                named = {key for effect in effects for _, key in _keys(effect, exchange)}
                # A refusal need not show the key that was sent.
                sent = sent_text(exchange) if any(effect.key.startswith("/") for effect in effects) else ""
                for where in seen:
                    tenant, kind, key = where
                    if (tenant, kind) == (exchange.tenant, of) and (key in named or _says(sent, key)):
                        again.append((where, exchange))
            for effect in effects if exchange.succeeded else ():
                for key, value in _effects(effect, exchange):
                    if not _foreign(ledger, exchange.tenant, value):
                        seen[exchange.tenant, of, key].setdefault(value, exchange)
    return seen, again


def _twice(ledger: Ledger, seen: _Seen, again: _Again) -> Iterator[Comparison]:
    found = {(where, shown_by.number): finding for where, shown_by, finding in _second(ledger, seen)}
    for where, exchange in again:
        finding = found.pop((where, exchange.number), None)
        yield Comparison(exchange.operation, "body", (finding,) if finding else ())
    # Both effects at once, in the first answer that showed any.
    yield from (Comparison(finding.operation, finding.surface, (finding,)) for finding in found.values())


def _second(ledger: Ledger, seen: _Seen) -> Iterator[tuple[tuple[int, str, str], Exchange, Finding]]:
    """Keys with a second effect while the first was there, and the exchange that showed it."""
    removals = _removals(ledger)
    for (tenant, of, key), effects in seen.items():
        first, first_by = next(iter(effects.items()))
        for value, shown_by in effects.items():
            removed_ns = min(removals.get((tenant, first), float("inf")), removals.get((tenant, ""), float("inf")))
            if value == first or removed_ns < shown_by.returned_ns:
                first, first_by = value, shown_by
                continue
            rule = f"exchange {first_by.number} showed {of} {first} for the same key, {key!r}, and it was not removed"
            yield (tenant, of, key), shown_by, _finding(ledger, shown_by, "twice", f"{of} {value}", rule, first_by)
            break


def _uneven(ledger: Ledger, seen: _Seen, one: str, other: str) -> Iterator[Comparison]:
    """Keys that have the one effect, and the look that shows the other, or would and doesn't."""
    listed = {listing.operation for resource in ledger.policy.resources for listing in resource.listed}
    effects = [effect for effect in ledger.policy.once if effect.of == other]
    for (tenant, of, key), found in seen.items():
        if of != one:
            continue
        if both := seen.get((tenant, other, key)):
            yield Comparison(next(iter(both.values())).operation, "body")
            continue
        value, since = next(iter(found.items()))
        for exchange in ledger.history.exchanges:
            looks = [effect for effect in effects if effect.operation == exchange.operation]
            asked = exchange.operation in listed or key.lower() in sent_text(exchange)
            if exchange.tenant != tenant or not looks or not asked or not exchange.succeeded:
                continue
            if exchange.called_ns > since.returned_ns and not _goes_on(ledger, exchange):
                rule = f"exchange {since.number} showed {one} {value} for the key {key!r}, and this shows no {other}"
                finding = _finding(ledger, exchange, "uneven", f"{one} {value}", rule, since)
                yield Comparison(exchange.operation, "body", (finding,))
                break


def _says(sent: str, key: str) -> bool:
    return key.lower() in sent and re.search(rf"(?<!\w){re.escape(key.lower())}(?!\w)", sent) is not None


def _effects(effect: Effect, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Each key with what it brought about."""
    document = places.parse(exchange.body)
    keys = list(_keys(effect, exchange))
    for place, value in places.find(document, effect.at):
        at = _captured(place, effect.at)
        for where, key in keys:
            if key and value not in (None, "") and at[: len(where)] == where[: len(at)]:
                yield key, normal_id(value)


def _keys(effect: Effect, exchange: Exchange) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each key, and which elements of lists it stands in."""
    source, _, name = effect.key.partition(":")
    if source == "header":
        yield from (((), value) for header, value in exchange.request_headers if header.lower() == name.lower())
    elif source == "sent":
        yield from (((), str(value or "")) for _, value in places.find(places.parse(exchange.request_body), name))
    elif source == "path":
        yield (), urllib.parse.unquote(urllib.parse.urlsplit(exchange.url).path).rpartition("/")[2]
    else:
        for place, value in places.find(places.parse(exchange.body), effect.key):
            yield _captured(place, effect.key), str(value or "")


def _captured(place: str, pattern: str) -> tuple[str, ...]:
    """What the stars of a pattern stand for in a place."""
    pairs = zip(place.split("/"), pattern.split("/"), strict=False)
    return tuple(part for part, star in pairs if star == "*")


def _removals(ledger: Ledger) -> dict[tuple[int, str], float]:
    """(tenant, id) -> when its removal was called; under "" one without an answer, which may have hit any."""
    found: dict[tuple[int, str], float] = {}
    for exchange in ledger.history.exchanges:
        for resource in ledger.policy.resources:
            if pattern := resource.removed.get(exchange.operation):
                if exchange.status is None or exchange.status >= 500:
                    found.setdefault((exchange.tenant, ""), exchange.called_ns)
                for _, id_ in id_places(exchange, pattern):
                    found.setdefault((exchange.tenant, id_), exchange.called_ns)
    return found


def _goes_on(ledger: Ledger, exchange: Exchange) -> bool:
    """Is it one page of several? Then another may show it."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(exchange.url).query))
    listings = (each for resource in ledger.policy.resources for each in resource.listed)
    return any(
        listing.cursor in query or bool(listing.token and places.find(places.parse(exchange.body), listing.token))
        for listing in listings
        if listing.operation == exchange.operation
    )


def _finding(ledger: Ledger, exchange: Exchange, kind: str, value: str, rule: str, since: Exchange) -> Finding:
    label = ledger.history.label(exchange.tenant)
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=exchange.operation,
        surface="body",
        owner=label,
        viewer=label,
        value=value,
        rule=rule,
        place="",
        chain=("json",),
        exchange=exchange.number,
        since=since.number,
    )
