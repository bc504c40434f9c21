"""Slices of a history around a finding: the exchanges that may have brought it about, from few to all."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from partywall import places
from partywall.ledger import Ledger, distinctive, sent_text
from partywall.model import LISTENS
from partywall.oracle.noninterference import PROPERTY as TWINS
from partywall.oracle.staleness import PROPERTY as STALENESS
from partywall.program import CHOSEN_SECRET, OPERATOR, SAFE_METHODS
from partywall.reduction.bindings import program_of
from partywall.reduction.twinned import TWIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange, Finding, History
    from partywall.policy import Policy
    from partywall.program import Program
    from partywall.target import Target

MARGIN_S = 0.05
WINDOWS = (12, 48)
HANG_UPS_FEW, HANG_UPS_MAX = 4, 10
MET_MAX = 6
_NOT_BROUGHT_BACK = ("held:", "one-socket", "slow:", "pipelined", "half-closed", "unread-body:", "worker-restart")
_SLOW_UPSTREAM = "slow-upstream:"


def program(history: History, finding: Finding, target: Target) -> Program:
    """All of a history as a programme for its target. What the policy allows to be late is looked at once it is due;
    what was missed is waited for, since a job may be making it."""
    operator_path = urlsplit(target.operator.base_url).path if target.operator else ""
    everything = program_of(history, target.policy, urlsplit(target.base_url).path, operator_path)
    if finding.kind == "missing":
        everything = everything.having([replace(s, missed=s.number == finding.exchange) for s in everything.steps])
    if finding.property == TWINS and target.given:  # there may be no more tenants than these
        others = {role.name for role in everything.roles if role.label != finding.viewer}
        everything = everything.labelled(others, TWIN)
    ended_by = history.numbered[finding.since].operation if finding.since is not None else ""
    if finding.property != STALENESS or not (lag_ns := target.policy.lag_ns(ended_by)):
        return everything
    due_s = lag_ns / 1e9 + MARGIN_S
    return everything.having(
        [replace(s, wait_s=due_s) if s.number == finding.exchange else s for s in everything.steps]
    )


def from_small_to_large(history: History, finding: Finding, policy: Policy) -> Iterator[tuple[set[int], set[int]]]:
    """Numbers of exchanges, and which of them met: those are released together, whatever else had been with them. What
    they take values from has still to be added."""
    for numbers, met in _from_small_to_large(history, finding, policy):
        yield numbers | _logged_in(history, numbers, policy), met


def _from_small_to_large(history: History, finding: Finding, policy: Policy) -> Iterator[tuple[set[int], set[int]]]:
    core, group = _core(history, finding, policy), _group(history, finding)
    last = max(group)
    until = {e.number: e for e in history.exchanges if e.number <= last}
    parties = _parties(history, finding)
    yield core, set()
    owner = next((tenant.number for tenant in history.tenants if tenant.label == finding.owner), None)
    if warmed := _warmed(history, history.numbered[finding.exchange], owner):
        yield core | warmed, set()
    if hung_up := hang_ups(history, finding):
        alike = [number for number in hung_up if history.numbered[number].operation == finding.operation]
        few = (alike or hung_up)[-HANG_UPS_FEW:]
        yield core | set(few), set()
        kept = [_warmed(history, e, e.tenant) for e in (history.numbered[number] for number in few)]
        yield core | set(few).union(*kept), set()
    for met in _meetings(history, finding):
        yield core | met, met
        yield core | met | _changed(history, finding), met
    yield _close(history, finding, policy), set()
    for window in WINDOWS:
        yield core | group | {number for number in until if number > finding.exchange - window}, set()
    yield {number for number, e in until.items() if e.tenant in parties}, set()
    yield set(until), set()


def close(history: History, finding: Finding, policy: Policy) -> set[int]:
    """The exchange that shows it, the one since which the owner has the value, those sent together with it; what
    owner and viewer asked of the same operation or URL before; whoever named the value; the last
    clients that hung up; and what logs them in."""
    numbers = _close(history, finding, policy)
    return numbers | _logged_in(history, numbers, policy)


def _close(history: History, finding: Finding, policy: Policy) -> set[int]:
    parties = _parties(history, finding)
    shown_by = history.numbered[finding.exchange]
    before = [e for e in history.exchanges if e.number < finding.exchange]
    warm = {
        e.number for e in before if e.tenant in parties and (e.operation == finding.operation or e.url == shown_by.url)
    }
    named = {e.number for e in before if _names(e, finding.value)}
    hung_up = set(hang_ups(history, finding)[-HANG_UPS_MAX:])
    return _core(history, finding, policy) | _group(history, finding) | warm | named | hung_up


def as_recorded(history: History, finding: Finding, policy: Policy) -> set[int]:
    """What is close to it, and all that its parties changed before."""
    return close(history, finding, policy) | _changed(history, finding)


def vocabulary(history: History, policy: Policy) -> set[str]:
    """Distinctive values, in lower case, that the responses showed and that were assigned to nobody. In a
    smaller history, one of them might seem to be somebody's."""
    assigned = Ledger.of(history, policy).assigned
    return {
        leaf.lower()
        for exchange in history.exchanges
        for _, leaf in places.leaves(places.parse(exchange.body))
        if isinstance(leaf, str) and distinctive(leaf) and leaf.lower() not in assigned
    }


def _changed(history: History, finding: Finding) -> set[int]:
    """All that its parties changed before: what it stands on is not always named in it."""
    parties = _parties(history, finding)
    return {
        e.number
        for e in history.exchanges
        if e.number < finding.exchange and e.tenant in parties and e.method not in SAFE_METHODS
    }


def _parties(history: History, finding: Finding) -> set[int]:
    """Numbers of its owner and its viewer."""
    return {tenant.number for tenant in history.tenants if tenant.label in (finding.owner, finding.viewer)}


def _core(history: History, finding: Finding, policy: Policy) -> set[int]:
    """The exchange that shows it, and the one since which the owner has the value. A value that nobody sent, like a
    name, shows where there is an object to show: then it is the last that each of them made."""
    since = finding.since if finding.since is not None else _issued(history, finding)
    if since is not None:
        return {since, finding.exchange}
    makers = {operation for resource in policy.resources for operation in resource.made}
    parties = _parties(history, finding)
    made = [e for e in history.exchanges if e.number < finding.exchange and e.succeeded and e.operation in makers]
    return {finding.exchange} | set({e.tenant: e.number for e in made if e.tenant in parties}.values())


def _issued(history: History, finding: Finding) -> int | None:
    """The first exchange that showed the value to its owner, in a header or in the body as it is."""
    owner = next((tenant.number for tenant in history.tenants if tenant.label == finding.owner), None)
    for exchange in history.exchanges[: history.exchanges.index(history.numbered[finding.exchange])]:
        shown = (exchange.body, *(value.encode() for _, value in exchange.headers))
        if exchange.tenant == owner and finding.value and any(finding.value.encode() in each for each in shown):
            return exchange.number
    return None


def _warmed(history: History, asked: Exchange, tenant: int | None) -> set[int]:
    """The last time that a tenant was answered at the same address: that answer may have been kept."""
    same = (
        e.number
        for e in history.exchanges
        if (e.tenant, e.method, e.url) == (tenant, asked.method, asked.url) and e.number < asked.number and e.succeeded
    )
    return set(deque(same, maxlen=1))


def _logged_in(history: History, numbers: set[int], policy: Policy) -> set[int]:
    """What pages need: the last log-in of their session, who let its secret be chosen, and before each form a page."""
    found: set[int] = set()
    log_ins = {log_in.operation for log_in in policy.log_ins}
    waiting = [number for number in numbers if history.numbered[number].operation in policy.pages]
    while waiting:
        page = history.numbered[waiting.pop()]
        before = [e for e in history.exchanges if e.session == page.session and e.number < page.number]
        needed = []
        if page.operation not in log_ins:
            needed += [e for e in before if e.operation in log_ins and policy.carried_out(e)][-1:]
        if page.method not in SAFE_METHODS:
            needed += [e for e in before if e.operation in policy.pages and e.method in SAFE_METHODS][-1:]
        secrets = _chosen(page)
        chose = (
            (e for e in history.exchanges if e.number < page.number and e.operation not in log_ins) if secrets else ()
        )
        found |= {e.number for e in chose if secrets & _chosen(e)}
        new = {e.number for e in needed} - found - numbers
        found |= new
        waiting += new
    return found


def _chosen(exchange: Exchange) -> set[str]:
    return set(CHOSEN_SECRET.findall(exchange.request_body.decode("utf-8", "replace")))


def _group(history: History, finding: Finding) -> set[int]:
    at_once = ("together:", "listening:")
    together = {p for p in history.numbered[finding.exchange].provocations if p.startswith(at_once)}
    return {finding.exchange} | {e.number for e in history.exchanges if together & set(e.provocations)}


def _meetings(history: History, finding: Finding) -> Iterator[set[int]]:
    """What was in flight when the exchange that shows it was, and what was when the owner came to have the value: an
    answer may have been another's, and a write may have been made in another's name. Few of a crowd; with neither,
    nothing."""
    for number in (finding.exchange, finding.since):
        if number is not None and (met := _met(history, finding, history.numbered[number])):
            yield met


def _met(history: History, finding: Finding, exchange: Exchange) -> set[int]:
    """An exchange, and others' that were in flight when it was: first those whom the finding is about, then the like of
    it. Nothing if nothing was."""
    if not _can_meet(exchange):
        return set()
    others = [e for e in history.exchanges if e.tenant != exchange.tenant and e.overlaps(exchange) and _can_meet(e)]
    others = [e for e in others if e.number not in (finding.since, finding.exchange)]
    others.sort(
        key=lambda e: (
            history.label(e.tenant) not in (finding.owner, finding.viewer),
            e.operation != exchange.operation,
            abs(e.called_ns - exchange.called_ns),
        )
    )
    return {e.number for e in [exchange, *others[:MET_MAX]]} if others else set()


def not_brought_back(history: History, finding: Finding, target: Target) -> list[str]:
    """What was done on purpose when it showed, and replays don't do."""
    named = _NOT_BROUGHT_BACK if target.slow_upstream else (*_NOT_BROUGHT_BACK, _SLOW_UPSTREAM)
    done = (p for number in sorted(_group(history, finding)) for p in history.numbered[number].provocations)
    return list(dict.fromkeys(provocation for provocation in done if provocation.startswith(named)))


def _can_meet(exchange: Exchange) -> bool:
    """Can it be released together with others, as far as it names no other provocation?"""
    alone = exchange.session.endswith(f"/{OPERATOR}") or LISTENS in exchange.provocations
    return not alone and not any(p.startswith(("hang-up:", "cut:")) for p in exchange.provocations)


def hang_ups(history: History, finding: Finding) -> list[int]:
    """The exchanges before it whose client hung up."""
    before = [e for e in history.exchanges if e.number < finding.exchange]
    return [e.number for e in before if any(p.startswith("hang-up:") for p in e.provocations)]


def _names(exchange: Exchange, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value.lower())}(?!\w)", sent_text(exchange)) is not None
