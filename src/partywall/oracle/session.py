"""Session: nobody is given somebody else's session, a log-out ends it, and a log-in begins a new one.

Credentials show in a history as pseudonyms, marks of the tenant that each was issued to first. What happens after a
revocation is said by `staleness`; that a response shows a foreign pseudonym anywhere, by `ownership` too: here it is
said what it means, that the viewer goes on as somebody else (incidents I06, I12, I35).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from partywall import places
from partywall.model import Finding
from partywall.oracle.comparison import Comparison, answers, findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

PROPERTY = "session"


class Issued(NamedTuple):
    """A credential in a response. ``id`` is what revocations name it by, "" if nothing."""

    credential: str
    surface: str
    place: str
    id: str = ""


def issued(ledger: Ledger, exchange: Exchange) -> Iterator[Issued]:
    """The credentials that a response sets or shows at the policy's places, as pseudonyms."""
    cookies = {log_in.cookie for log_in in ledger.policy.log_ins if log_in.cookie}
    for name, value in exchange.headers:
        cookie, _, rest = value.partition("=")
        content = rest.partition(";")[0].strip().strip('"')
        if name.lower() == "set-cookie" and cookie.strip() in cookies and content:
            yield Issued(content, "cookie", "set-cookie")
    document = places.parse(exchange.body)
    for log_in in ledger.policy.log_ins:
        if log_in.operation == exchange.operation and exchange.succeeded and log_in.token:
            ids = places.find(document, log_in.id) if log_in.id else []
            for place, token in places.find(document, log_in.token):
                yield Issued(str(token), "body", place, str(ids[0][1]) if ids else "")


def session(ledger: Ledger) -> Iterator[Finding]:
    """Foreign sessions, kept ones, and those that outlive their log-out."""
    yield from findings(ledger, comparisons)


def comparisons(ledger: Ledger) -> Iterator[Comparison]:
    """Credentials that were issued, against those of others and those of before; uses of a session after its
    log-out."""
    yield from _foreign(ledger)
    yield from _kept(ledger)
    yield from _surviving(ledger)


def _foreign(ledger: Ledger) -> Iterator[Comparison]:
    for exchange in ledger.history.exchanges:
        for each in issued(ledger, exchange):
            found = []
            for mark in ledger.marks.foreign(each.credential.encode(), exchange.tenant):
                if mark.genuine:
                    owner = ledger.history.label(mark.tenant)
                    rule = f"this credential was issued to {owner} first; with it, requests are {owner}'s"
                    found.append(_finding(ledger, exchange, "foreign", each, rule, owner))
            yield Comparison(exchange.operation, each.surface, tuple(found))


def _kept(ledger: Ledger) -> Iterator[Comparison]:
    """Log-ins that issue a credential that was there before, or leave the one that they were sent with in force."""
    log_ins = {log_in.operation for log_in in ledger.policy.log_ins}
    before: dict[str, Exchange] = {}
    for exchange in ledger.history.exchanges:
        fresh = list(issued(ledger, exchange))
        if exchange.operation in log_ins and ledger.policy.carried_out(exchange):
            had = before.keys() | {value for _, value in exchange.credentials}
            kept = next((each for each in fresh if each.credential in had), None)
            looked = {each.surface for each in fresh}
            if not fresh:
                used = list(_used_again(ledger, exchange))
                kept = next((each for later, each in used if _opened(ledger, later)), None)
                looked = {each.surface for _, each in used}
            known = before.get(kept.credential) if kept else None
            finding = None
            if kept and (known is None or known.tenant == exchange.tenant):
                since = f" since exchange {known.number}" if known else ""
                rule = f"the client had this credential before it logged in{since}: whoever planted it is logged in too"
                finding = _finding(ledger, exchange, "kept", kept, rule, since=known.number if known else None)
            for surface in sorted(looked):
                found = (finding,) if finding and finding.surface == surface else ()
                yield Comparison(exchange.operation, surface, found)
        for credential in (*(value for _, value in exchange.credentials), *(each.credential for each in fresh)):
            before.setdefault(credential, exchange)


def _used_again(ledger: Ledger, log_in: Exchange) -> Iterator[tuple[Exchange, Issued]]:
    """Cookies that a log-in was sent with and that the same session sent afterwards, to what is closed without."""
    sent = {value for header, value in log_in.credentials if header == "cookie"}
    for exchange in ledger.history.exchanges:
        if exchange.number > log_in.number and exchange.session == log_in.session and _tells(ledger, exchange):
            for _, value in exchange.credentials:
                if value in sent:
                    yield exchange, Issued(value, "cookie", "cookie")


def _surviving(ledger: Ledger) -> Iterator[Comparison]:
    exchanges = ledger.history.exchanges
    known = {each.credential for exchange in exchanges for each in issued(ledger, exchange)}
    said: set[tuple[str, str]] = set()
    for log_out in exchanges:
        if log_out.operation not in ledger.policy.log_outs or not ledger.policy.carried_out(log_out):
            continue
        sent = {value for _, value in log_out.credentials}
        ended = sent & known or sent
        for exchange in exchanges:
            used = {value for _, value in exchange.credentials}
            if exchange.called_ns < log_out.returned_ns or not used & ended or not used <= ended | sent - known:
                continue
            again = any(
                each.credential in used
                for other in exchanges
                if log_out.returned_ns <= other.called_ns < exchange.called_ns
                for each in issued(ledger, other)
            )
            credential = min(used & ended)
            if again or not _tells(ledger, exchange):
                continue
            finding = None
            if _opened(ledger, exchange) and (credential, exchange.operation) not in said:
                said.add((credential, exchange.operation))
                each = Issued(credential, "status", "")
                rule = f"exchange {log_out.number} logged this session out and was answered {log_out.status}"
                finding = _finding(ledger, exchange, "survives", each, rule, since=log_out.number)
            yield Comparison(exchange.operation, "status", (finding,) if finding else ())


def _opened(ledger: Ledger, exchange: Exchange) -> bool:
    """Was it answered as only somebody who is logged in should be?"""
    return exchange.succeeded and _tells(ledger, exchange)


def _tells(ledger: Ledger, exchange: Exchange) -> bool:
    """Does its answer tell whether its sender is logged in?"""
    policy = ledger.policy
    beside = {*policy.log_outs, *policy.public, *(log_in.operation for log_in in policy.log_ins)}
    return answers(exchange) and exchange.operation not in beside


def _finding(
    ledger: Ledger,
    exchange: Exchange,
    kind: str,
    each: Issued,
    rule: str,
    owner: str = "",
    since: int | None = None,
) -> Finding:
    viewer = ledger.history.label(exchange.tenant)
    return Finding(
        property=PROPERTY,
        kind=kind,
        operation=exchange.operation,
        surface=each.surface,
        owner=owner or viewer,
        viewer=viewer,
        value=each.credential,
        rule=rule,
        place=each.place,
        exchange=exchange.number,
        since=since,
    )
