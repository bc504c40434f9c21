"""Completeness: what a tenant made and did not remove is there when it lists or asks for it.

Own data that goes missing is a symptom too: orders vanished before foreign ones appeared
(incident I01), and what another tenant removed shows nowhere else.

Times are intervals. An object is expected only if its making had been answered before the look was
called, and is excused as soon as its owner's removal had been called before the look returned.
"""

from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING, NamedTuple

from partywall import places
from partywall.ledger import id_places, parent
from partywall.model import CLAIMS, LISTENS, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange, History
    from partywall.policy import Listing, Resource

PROPERTY = "completeness"
_NARROWED = frozenset({LISTENS, CLAIMS})


PAGE_MIN = 5
"""No service has shorter pages. Of a shorter list that says that there is more, something is missing."""

_TOTALS = frozenset({"total", "count", "totalcount", "totalitems", "totalresults", "totalelements", "recordstotal"})
_FURTHER = frozenset(
    {"next", "nextpage", "nextlink", "nexturl", "nextcursor", "nexttoken", "nextpagetoken", "hasmore", "hasnext"}
)


class _Object(NamedTuple):
    id: str
    within: str
    made_by: int
    made_ns: int
    gone_ns: float
    gone_by_ns: float


def completeness(ledger: Ledger) -> Iterator[Finding]:
    """What is missing: at most one finding for each look."""
    for resource in ledger.policy.resources:
        objects = _objects(ledger.history, resource)
        for listing in resource.listed:
            for pages in walks(ledger.history, listing):
                shown = {value for page in pages for _, value in id_places(page, listing.ids)}
                if len(shown) >= PAGE_MIN and _says_more(pages[-1], len(shown)):
                    continue
                yield from _missing(ledger.history, resource, objects, pages, shown, asked=None)
        for exchange in ledger.history.exchanges:
            pattern = resource.shown.get(exchange.operation)
            if pattern and (exchange.succeeded or exchange.status == 404) and asks_for_all(exchange):
                shown = {value for _, value in id_places(exchange, pattern)} if exchange.succeeded else set()
                within = parent(resource, exchange)
                here = {tenant: [thing for thing in mine if thing.within == within] for tenant, mine in objects.items()}
                yield from _missing(ledger.history, resource, here, [exchange], shown, asked=asked_ids(exchange))


def _missing(
    history: History,
    resource: Resource,
    objects: dict[int, list[_Object]],
    look: list[Exchange],
    shown: set[str],
    asked: set[str] | None,
) -> Iterator[Finding]:
    first, last = look[0], look[-1]
    owned = objects.get(first.tenant, ())
    # Where a page begins at an offset, an object that its owner removes between two pages hides another one.
    span = (first.called_ns, last.returned_ns)
    if len(look) > 1 and any(thing.gone_ns < span[1] and span[0] < thing.gone_by_ns for thing in owned):
        return
    for thing in owned:
        expected = thing.made_ns < first.called_ns and not thing.gone_ns < last.returned_ns
        if expected and thing.id not in shown and (asked is None or thing.id in asked):
            label = history.label(first.tenant)
            yield Finding(
                property=PROPERTY,
                kind="missing",
                operation=last.operation,
                surface="body",
                owner=label,
                viewer=label,
                value=thing.id,
                rule=(
                    f"exchange {thing.made_by} made this {resource.kind} for {label}, which has not removed it since"
                ),
                place="",
                exchange=last.number,
                since=thing.made_by,
            )
            return


def _objects(history: History, resource: Resource) -> dict[int, list[_Object]]:
    """Each tenant's objects. A removal without an answer may have removed any of them."""
    gone: dict[tuple[int, str, str], tuple[float, float]] = {}
    unknown: dict[int, int] = {}
    for exchange in history.exchanges:
        pattern = resource.removed.get(exchange.operation)
        if pattern is None:
            continue
        if exchange.status is None or exchange.status >= 500:
            unknown[exchange.tenant] = min(unknown.get(exchange.tenant, exchange.called_ns), exchange.called_ns)
        within = parent(resource, exchange)
        for _, value in id_places(exchange, pattern):
            gone.setdefault((exchange.tenant, within, value), (exchange.called_ns, exchange.returned_ns))
    found: dict[int, list[_Object]] = {}
    for exchange in history.exchanges:
        pattern = resource.made.get(exchange.operation)
        if pattern is None or not exchange.succeeded:
            continue
        within = parent(resource, exchange)
        for _, value in id_places(exchange, pattern):
            known_ns, gone_by_ns = gone.get((exchange.tenant, within, value), (float("inf"), float("inf")))
            gone_ns = min(known_ns, unknown.get(exchange.tenant, float("inf")))
            thing = _Object(value, within, exchange.number, exchange.returned_ns, gone_ns, gone_by_ns)
            found.setdefault(exchange.tenant, []).append(thing)
    return found


def walks(history: History, listing: Listing) -> Iterator[list[Exchange]]:
    """Whole walks through a list: first page to the one without a further token, every page answered."""
    pages = [e for e in history.exchanges if e.operation == listing.operation and e.succeeded and asks_for_all(e)]
    following: dict[tuple[int, str], list[Exchange]] = {}
    for page in pages:
        if token := _query(page).get(listing.cursor):
            following.setdefault((page.tenant, token), []).append(page)
    for page in pages:
        query = _query(page)
        if listing.cursor in query or any(name in query for name in listing.narrowed_by):
            continue
        walk = [page]
        while token := _token(walk[-1], listing):
            candidates = following.get((page.tenant, token), ())
            after = next((e for e in candidates if e.called_ns >= walk[-1].returned_ns), None)
            if after is None:
                break
            walk.append(after)
        else:
            yield walk


def asks_for_all(exchange: Exchange) -> bool:
    """Does its answer have to show all that its request names?"""
    return not _NARROWED & {*exchange.provocations}


def _says_more(page: Exchange, shown: int) -> bool:
    """Does an answer itself say that there is more than it shows?"""
    if re.search(r"""rel=["']?next\b""", page.header("link")):
        return True
    for place, value in places.leaves(places.parse(page.body)):
        name = re.sub(r"[^a-z]", "", places.name(place).lower())
        if re.search(r"/\d+(/|$)", place):
            continue  # of one of its entries
        if name in _TOTALS and isinstance(value, int) and value > shown:
            return True
        if name in _FURTHER and value:
            return True
    return False


def _query(exchange: Exchange) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(exchange.url).query, keep_blank_values=True))


def _token(exchange: Exchange, listing: Listing) -> str:
    if not listing.token:
        return ""
    found = places.find(places.parse(exchange.body), listing.token)
    return str(found[0][1]) if found and found[0][1] is not None else ""


def asked_ids(exchange: Exchange) -> set[str]:
    """The ids that a request names in its path, as whole segments or members of a list."""
    return set(re.split("[/;,]", urllib.parse.unquote(urllib.parse.urlsplit(exchange.url).path)))
