"""Cache discipline: a private response says that it is private, and a validator tells tenants apart.

What a shared cache may keep is RFC 9111: it must not store a response to a request with Authorization unless the
response says public, s-maxage or must-revalidate (3.5), nor one with private or no-store (3). Caches that were told
otherwise do (incidents I08, I09), so a response that says nothing is a warning too. A warning is no violation by
itself. A 304 to a validator that stands for another tenant's body is: whoever revalidates serves that body. Where
that body came with no-store (5.2.2.5), no cache has it, a browser's neither, and a validator in common is a warning.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from partywall.model import Finding
from partywall.oracle.comparison import Comparison, findings
from partywall.oracle.kinds import is_warning
from partywall.oracle.ownership import foreign_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

PROPERTY = "cache-discipline"

NOT_MODIFIED = 304
# RFC 9110, 15.1: what may be stored without being told so, for as long as a cache thinks fit.
HEURISTICALLY_CACHEABLE = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
CREDENTIAL_HEADERS = frozenset({"authorization", "cookie"})

_DIRECTIVE = re.compile(r'([\w-]+)(?:\s*=\s*("[^"]*"|[^\s,]+))?')
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def cache_discipline(ledger: Ledger) -> Iterator[Finding]:
    """304s that hide a foreign body, and one warning for each kind and operation."""
    said: set[tuple[str, str]] = set()
    for finding in findings(ledger, comparisons):
        if (finding.kind, finding.operation) not in said:
            yield finding
        if is_warning(finding):
            said.add((finding.kind, finding.operation))


def comparisons(ledger: Ledger) -> Iterator[Comparison]:
    """Validators that another tenant had, and what each response to a GET says to caches."""
    yield from _not_modified(ledger)
    yield from _validators(ledger)
    for exchange in ledger.history.exchanges:
        if exchange.method == "GET" and exchange.status is not None:
            yield Comparison(exchange.operation, "header", tuple(_warnings(ledger, exchange)))


def directives(exchange: Exchange) -> dict[str, str]:
    """The response's Cache-Control, names in lower case, values without quotes."""
    values = ", ".join(value for name, value in exchange.headers if name.lower() == "cache-control")
    return {name.lower(): argument.strip('"').lower() for name, argument in _DIRECTIVE.findall(values)}


def shared_may_store(exchange: Exchange) -> bool:
    """May a shared cache that keeps to RFC 9111 store this response to a GET?"""
    told = directives(exchange)
    if "no-store" in told or ("private" in told and not told["private"]):
        return False
    authorized = any(header == "authorization" for header, _ in exchange.credentials)
    if authorized and not told.keys() & {"public", "s-maxage", "must-revalidate"}:
        return False
    explicit = bool(told.keys() & {"public", "s-maxage", "max-age"} or exchange.header("expires"))
    return explicit or exchange.status in HEURISTICALLY_CACHEABLE


def _warnings(ledger: Ledger, exchange: Exchange) -> Iterator[Finding]:
    control = exchange.header("cache-control") or "(none)"
    storable = shared_may_store(exchange)
    sets = any(name.lower() == "set-cookie" for name, _ in exchange.headers)
    if storable and sets and directives(exchange).get("no-cache") != "set-cookie":
        rule = "a shared cache may store this response, and give its Set-Cookie to the next who asks"
        yield _warning(ledger, exchange, "cookie", "set-cookie", control, rule)
    sent = {header for header, _ in exchange.credentials}
    if not exchange.succeeded or not sent or exchange.operation in ledger.policy.public:
        return
    if storable:
        rule = "it answers a request with a credential, and a shared cache may store it (RFC 9111, 3 and 3.5)"
        yield _warning(ledger, exchange, "storable", "cache-control", control, rule)
        vary = {name.strip().lower() for name in exchange.header("vary").split(",")}
        if lacking := sorted(sent - vary) if "*" not in vary else []:
            rule = f"it may be stored, and what it says depends on {', '.join(lacking)}, which Vary lacks"
            yield _warning(ledger, exchange, "vary", "vary", exchange.header("vary") or "(none)", rule)
    elif not directives(exchange).keys() & {"private", "no-store"}:
        rule = "it is private and does not say so: only the rule about Authorization keeps it out of shared caches"
        yield _warning(ledger, exchange, "unmarked", "cache-control", control, rule)


def _not_modified(ledger: Ledger) -> Iterator[Comparison]:
    donors = _tagged(ledger)
    for exchange in ledger.history.exchanges:
        if exchange.status != NOT_MODIFIED:
            continue
        asked = next((value for name, value in exchange.request_headers if name.lower() == "if-none-match"), "")
        for tag in _TAG.findall(asked):
            given = [donor for donor in donors.get((exchange.url, tag), []) if "no-store" not in directives(donor)]
            if hidden := _foreign(ledger, given, exchange.tenant):
                donor, shown = hidden
                rule = (
                    f"exchange {donor.number} gave {shown.owner} this validator with a body that holds {shown.value}; "
                    f"304 says that {shown.viewer}'s body is the same one"
                )
                finding = _finding(ledger, exchange, "not-modified", "etag", tag, rule, shown.owner, donor.number)
                yield Comparison(exchange.operation, "header", (finding,))
                break
            if any(donor.tenant != exchange.tenant for donor in given):
                yield Comparison(exchange.operation, "header")


def _validators(ledger: Ledger) -> Iterator[Comparison]:
    """One validator at one URL for bodies that are foreign to each other."""
    for (_, tag), tagged in _tagged(ledger).items():
        for exchange in tagged[1:]:
            if hidden := _foreign(ledger, tagged, exchange.tenant):
                rule = f"exchange {hidden[0].number} gave {hidden[1].owner} the same validator with another body"
                warning = _warning(ledger, exchange, "validator", "etag", tag, rule)
                yield Comparison(exchange.operation, "header", (warning,))
            elif any(other.tenant != exchange.tenant for other in tagged):
                yield Comparison(exchange.operation, "header")


def _tagged(ledger: Ledger) -> dict[tuple[str, str], list[Exchange]]:
    """(URL, entity tag, compared weakly) -> successful responses that carry it."""
    found: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for exchange in ledger.history.exchanges:
        if exchange.succeeded and exchange.method == "GET":
            for tag in _TAG.findall(exchange.header("etag")):
                found[exchange.url, tag].append(exchange)
    return found


def _foreign(ledger: Ledger, donors: list[Exchange], viewer: int) -> tuple[Exchange, Finding] | None:
    """The first of the responses that would show the viewer what is another's, had it received it."""
    for donor in donors:
        if donor.tenant != viewer:
            given = replace(donor, tenant=viewer, url="", request_headers=(), request_body=b"")
            if shown := next(foreign_values(ledger, given), None):
                return donor, shown
    return None


def _warning(ledger: Ledger, exchange: Exchange, kind: str, place: str, value: str, rule: str) -> Finding:
    return _finding(ledger, exchange, kind, place, value, rule, ledger.history.label(exchange.tenant), None)


def _finding(
    ledger: Ledger,
    exchange: Exchange,
    kind: str,
    place: str,
    value: str,
    rule: str,
    owner: str,
    since: int | None,
) -> Finding:
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=exchange.operation,
        surface="header",
        owner=owner,
        viewer=ledger.history.label(exchange.tenant),
        value=value,
        rule=rule,
        place=place,
        exchange=exchange.number,
        since=since,
    )
