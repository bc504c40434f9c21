"""What a history exercised: per operation, who succeeded, and whose success showed something of its own.

A run that exercised nothing proves nothing; an operation that never showed its owner anything could
not have shown it to others either.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from partywall import places
from partywall.ledger import id_patterns, id_places
from partywall.oracle import cache_discipline, exactly_once, existence, integrity, session, staleness
from partywall.oracle.comparison import answers, looks
from partywall.oracle.completeness import asks_for_all
from partywall.oracle.existence import names_foreign, names_objects
from partywall.oracle.noninterference import Slot, compare
from partywall.oracle.overlap import Flying
from partywall.oracle.ownership import foreign_values
from partywall.oracle.writes import writes
from partywall.values import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from partywall.ledger import Ledger
    from partywall.model import Exchange, Finding, History

    Looks = Counter[tuple[str, str]]
    """(operation, surface) -> how often a property looked there."""

DONORS_MAX = 10
LABELS_MAX = 27
MANY = "more"
WHOLE = ""
"""The surface of properties that look at a response as a whole."""

_ID = re.compile(r"[\w-]+")


@dataclass(slots=True)
class Coverage:
    """One operation's part in a history.

    Attributes:
        exchanges: requests sent; answered: with a status; succeeded: carried out; broke: 5xx.
        tenants: how many tenants (without the control) succeeded.
        controlled: how many of those were shown something provably their own.
        transplants: responses judged as if another tenant had received them; noticed: found foreign.
        nothing_to_notice: successful responses that show nothing provably their viewer's: no transplants.
        unseen: responses that could not be read to their end.
        read, written: requests that caches may answer, and that may have changed something.
        named: requests that named something that there was before.
        foreign: of those, that named something of another tenant's; unanswered: of these, whose answer did not come, or
            says nothing of what was asked for (408, 429, 5xx).
    """

    exchanges: int = 0
    answered: int = 0
    succeeded: int = 0
    broke: int = 0
    tenants: int = 0
    controlled: int = 0
    transplants: int = 0
    noticed: int = 0
    nothing_to_notice: int = 0
    unseen: int = 0
    read: int = 0
    written: int = 0
    named: int = 0
    foreign: int = 0
    unanswered: int = 0

    def add(self, other: Coverage) -> None:
        """Add another history's figures."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Look:
    """What a property saw of an operation on one surface: so many times, and of so many transplants there it noticed
    so many."""

    times: int = 0
    transplants: int = 0
    noticed: int = 0

    def add(self, other: Look) -> None:
        """Add another history's figures."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class _Seen:
    coverage: Coverage = field(default_factory=Coverage)
    tenants: set[int] = field(default_factory=set)
    controlled: set[int] = field(default_factory=set)
    viewers: set[int] = field(default_factory=set)
    donors: list[tuple[Exchange, set[str]]] = field(default_factory=list)
    donated: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Exercised:
    """What a history exercised.

    Attributes:
        operations: operation -> its figures.
        looks: (property, operation, surface) -> what the property saw there.
        pairs: (owner, viewer, state) -> operations in which the viewer was answered and the owner is known to be
            shown its own ("proven"), something of the owner's showed ("violated"), or one of both is missing
            ("inconclusive"). Of pairs with a grant only the second.
        left_out: slots that the comparison of twins left out.
    """

    operations: dict[str, Coverage]
    looks: dict[tuple[str, str, str], Look]
    pairs: Counter[tuple[str, str, str]]
    left_out: frozenset[Slot]


def exercised(ledger: Ledger, findings: Iterable[Finding]) -> Exercised:
    """Figures of every operation of the policy and of the history."""
    history = ledger.history
    control = {tenant.number for tenant in history.tenants if tenant.control}
    seen = {operation: _Seen() for operation in ledger.policy.operations}
    for exchange in history.exchanges:
        _count(ledger, seen.setdefault(exchange.operation, _Seen()), exchange, control)
    seen_by = {
        (name, operation, surface): Look(times)
        for name, look in LOOKS.items()
        for (operation, surface), times in look(ledger).items()
    }
    for operation, of in seen.items():
        of.coverage.tenants, of.coverage.controlled = len(of.tenants), len(of.controlled)
        if operation not in ledger.policy.public:
            for surface, figures in _transplanted(ledger, of, control).items():
                seen_by.setdefault(("ownership", operation, surface), Look()).add(figures)
    operations = {operation: of.coverage for operation, of in seen.items()}
    return Exercised(operations, seen_by, _pairs(ledger, seen, findings), compare(ledger).left_out)


def _count(ledger: Ledger, of: _Seen, exchange: Exchange, control: set[int]) -> None:
    of.coverage.exchanges += 1
    of.coverage.answered += exchange.status is not None
    of.coverage.succeeded += ledger.policy.carried_out(exchange)
    of.coverage.broke += exchange.status is not None and exchange.status >= 500
    of.coverage.unseen += bool(ledger.decoded(exchange).unseen)
    of.coverage.read += exchange.method == "GET"
    of.coverage.written += writes(ledger, exchange)
    of.coverage.named += names_objects(ledger, exchange)
    if names_foreign(ledger, exchange):
        of.coverage.foreign += 1
        of.coverage.unanswered += not answers(exchange)
    if exchange.status is not None:
        of.viewers.add(exchange.tenant)
    if not ledger.policy.carried_out(exchange) or exchange.tenant in control:
        return
    of.tenants.add(exchange.tenant)
    if surfaces := own_surfaces(ledger, exchange):
        of.controlled.add(exchange.tenant)
        if any(of.donated[surface] < DONORS_MAX for surface in surfaces):
            of.donated.update(surfaces)
            of.donors.append((exchange, surfaces))
    else:
        of.coverage.nothing_to_notice += 1


def own_surfaces(ledger: Ledger, exchange: Exchange) -> set[str]:
    """The surfaces on which a response shows its viewer something provably the viewer's own (positive controls)."""
    found: set[str] = set()
    for text in ledger.decoded(exchange).texts:
        if text.surface in found:
            continue
        marked = any(mark.tenant == exchange.tenant for mark in ledger.marks.find(text.text.encode()))
        if marked or ledger.assigned.shows_own(words(text.text.encode()), exchange.tenant):
            found.add(text.surface)
    for resource in ledger.policy.resources if exchange.succeeded else ():
        ids = (v for p in id_patterns(resource, exchange.operation) for _, v in id_places(exchange, p))
        # An id that was given again has had several owners: it proves nobody's.
        if resource.unique and any(
            ledger.ids.get((resource.kind, value), {}).keys() == {exchange.tenant} for value in ids
        ):
            found.add("body")
    return found


def _transplanted(ledger: Ledger, of: _Seen, control: set[int]) -> dict[str, Look]:
    """Judge recorded responses as if another tenant had received them, as answers to a request that
    names nothing."""
    tenants = [tenant.number for tenant in ledger.history.tenants if tenant.number not in control]
    figures: dict[str, Look] = defaultdict(Look)
    for index, (donor, surfaces) in enumerate(of.donors):
        others = [number for number in tenants if number != donor.tenant]
        if not others:
            continue
        receiver = others[index % len(others)]
        planted = replace(donor, tenant=receiver, url="", request_headers=(), request_body=b"")
        noticed = {finding.surface for finding in foreign_values(ledger, planted)}
        of.coverage.transplants += 1
        of.coverage.noticed += bool(noticed)
        for surface in surfaces:
            figures[surface].add(Look(0, 1, surface in noticed))
    return figures


def _pairs(ledger: Ledger, seen: dict[str, _Seen], findings: Iterable[Finding]) -> Counter[tuple[str, str, str]]:
    """Tenants beyond the first few are one group, so that the cost does not grow with their square. Where the owner
    lets the viewer see what is its own, silence proves nothing: only what was violated counts."""
    history = ledger.history
    control = {tenant.number for tenant in history.tenants if tenant.control}
    group = {t.number: t.label if i < LABELS_MAX or t.control else MANY for i, t in enumerate(history.tenants)}
    members = Counter(group.values())
    owning = Counter(label for number, label in group.items() if number not in control)
    pairs: Counter[tuple[str, str, str]] = Counter()
    broken: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for finding in findings:
        if finding.owner != finding.viewer:
            broken[finding.operation].add((finding.owner, finding.viewer))
    for operation, of in seen.items():
        owners, viewers = Counter(map(group.get, of.controlled)), Counter(map(group.get, of.viewers))
        both = Counter(map(group.get, of.controlled & of.viewers))
        for owner, owner_count in owning.items():
            for viewer, viewer_count in members.items():
                same = owner == viewer
                total = owner_count * viewer_count - same * owner_count
                proven = owners[owner] * viewers[viewer] - same * both[owner]
                violated = (owner, viewer) in broken[operation]
                if total:
                    pairs[owner, viewer, "violated"] += violated
                if total and not ledger.policy.grants(owner, viewer):
                    pairs[owner, viewer, "proven"] += max(0, proven - violated)
                    pairs[owner, viewer, "inconclusive"] += total - max(proven, violated)
    return +pairs


def _read(ledger: Ledger) -> Looks:
    """Every text of every response, of what came of one as well."""
    found: Looks = Counter()
    for exchange in ledger.history.exchanges:
        surfaces = {text.surface for text in ledger.decoded(exchange).texts}
        found.update((exchange.operation, surface) for surface in surfaces)
    return found


def _named(ledger: Ledger) -> Looks:
    """Responses that name their caller."""
    return Counter(
        (exchange.operation, "body")
        for exchange in ledger.history.exchanges
        for operation, pattern in ledger.policy.caller
        if operation == exchange.operation and exchange.succeeded and places.find(places.parse(exchange.body), pattern)
    )


def _asked(ledger: Ledger) -> Looks:
    """Lists, and answers to who asked for an object."""
    operations = {operation for resource in ledger.policy.resources for operation in resource.shown}
    operations |= {listing.operation for resource in ledger.policy.resources for listing in resource.listed}
    looked = (e for e in ledger.history.exchanges if e.operation in operations and asks_for_all(e))
    return Counter((e.operation, "body") for e in looked if e.succeeded or e.status == 404)


LOOKS: dict[str, Callable[[Ledger], Looks]] = {
    "ownership": _read,
    "echo": _named,
    "completeness": _asked,
    "integrity": lambda ledger: looks(ledger, integrity.comparisons),
    "existence": lambda ledger: looks(ledger, existence.comparisons),
    "session": lambda ledger: looks(ledger, session.comparisons),
    "staleness": lambda ledger: looks(ledger, staleness.comparisons),
    "exactly-once": lambda ledger: looks(ledger, exactly_once.comparisons),
    "cache-discipline": lambda ledger: looks(ledger, cache_discipline.comparisons),
    "noninterference": lambda ledger: compare(ledger).seen,
}
"""Where each property looked."""


def overlaps(history: History) -> Counter[tuple[str, str]]:
    """Pairs of exchanges of different tenants that were in flight at one moment, by their operations."""
    flying = Flying()
    returning: list[tuple[int, int, str, int]] = []
    for exchange in sorted(history.exchanges, key=lambda e: e.called_ns):
        while returning and returning[0][0] <= exchange.called_ns:
            _, _, operation, tenant = heappop(returning)
            flying.ended(operation, tenant)
        flying.began(exchange.operation, exchange.tenant)
        heappush(returning, (exchange.returned_ns, exchange.number, exchange.operation, exchange.tenant))
    return flying.overlaps
