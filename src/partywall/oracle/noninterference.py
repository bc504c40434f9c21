"""Noninterference: what a tenant observes is a function of what that tenant did.

The same programme is run by twins: one in company, two where nobody else was, before and after it. What the one in
company is answered has to be what the others were, up to a renaming of ids. It catches what no mark can: counts,
totals, suggestions, order, validation messages. After Goguen and Meseguer, "Security Policies and Security Models"
(IEEE Symposium on Security and Privacy, 1982).

Times of ISO 8601 are nobody's influence. Of all else nothing here knows how it looks: the programme ran alone before
and after it ran in company; what stayed the same from the one to the other did not change by time in between, and what
did not stay the same is left out.
Ids are renamed (`renaming`): a number that the service gives a tenant's own object may say how many there are.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from partywall import places
from partywall.decode import decode
from partywall.ledger import shares
from partywall.model import Finding
from partywall.oracle.renaming import Renaming, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from partywall.decode import Decoded
    from partywall.ledger import Ledger
    from partywall.model import Exchange, History
    from partywall.policy import Policy


PROPERTY = "noninterference"
OTHERS = "others"

# How a message travels, when, and how soon the next may come: not the service's answer. The rest is computed from
# the body, which is compared itself.
_LEFT_OUT = frozenset(
    "age connection content-length date expires keep-alive retry-after server transfer-encoding "  # noqa: SIM905
    "content-digest content-md5 digest etag last-modified repr-digest".split()
)
_RATE = re.compile(r"(x-)?rate-?limit", re.IGNORECASE)
_BUSY = frozenset({429, 503})  # the service had no time; what it would have answered is not known
_INDEX = re.compile(r"/\d+(?=/|$)")
# Two twins that were alone may have been answered in the same second, and the third a second later.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_DERIVED = frozenset({"joined", "source"})  # other readings of what is compared as it is read
# Steps that take a document apart: what they give was not decoded from the text that is at the same place.
_STRUCTURE = frozenset(
    "annotation attachment barcode bookmark comment field html json key link metadata name script xml".split()  # noqa: SIM905
)
# What no decoder reads: a picture of an id differs as the id does, and nobody can say by how much.
_OPAQUE = re.compile(r"[A-Za-z0-9+/_=-]{64,}|.*\ufffd.*", re.DOTALL)
_SHOWN_CHARS_MAX = 80
_SHORT_WORDS_MAX, _NEAR_WORDS = 24, 8


class Slot(NamedTuple):
    """Where an operation shows something; the members of a list are one slot."""

    operation: str
    surface: str
    place: str
    chain: tuple[str, ...]


class _Where(NamedTuple):
    surface: str
    place: str
    chain: tuple[str, ...]


_Texts = dict[_Where, list[str]]
Mask = tuple[Slot, tuple[int, int] | None]
"""A slot that differs by nature; of a long text, how many words it has and which of them."""


class _Difference(NamedTuple):
    slot: Slot
    where: _Where
    before: str
    after: str
    word: tuple[int, int] | None = None  # how many words the text has, and which of them differs


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of holding twins against each other.

    Attributes:
        findings: at most one for each exchange.
        seen: (operation, surface) -> texts that were compared.
        left_out: slots that differ by nature, at least in part, or hold what can't be read.
        reason: why the programme was not compared to its end; "" if it was.
    """

    findings: tuple[Finding, ...] = ()
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_out: frozenset[Slot] = frozenset()
    reason: str = ""


def noninterference(ledger: Ledger) -> Iterator[Finding]:
    """What company changed in the answers to a twin."""
    yield from compare(ledger).findings


def compare(ledger: Ledger) -> Compared:
    """Hold the tenant in company against its twins that were alone. Nothing to compare where there are none."""
    return ledger.once(_compare, lambda: _compare(ledger))


def _compare(ledger: Ledger) -> Compared:
    history, policy = ledger.history, ledger.policy
    if history.twins is None:
        return Compared()
    one, other = (_Told.of(alone, _only(alone)) for alone in history.twins.alone)
    company = _Told.of(history, history.twins.tenant)
    if reason := _not_comparable(one, other, company):
        return Compared(reason=f"{PROPERTY}: {reason}")
    masks = _between(one, other, policy)
    seen: Counter[tuple[str, str]] = Counter()
    pair = _Pair(one, company, policy)
    findings = list(_influences(pair, history, masks, seen))
    same = [e.operation for e in one.exchanges] == [e.operation for e in company.exchanges]
    reason = "" if findings or same else f"{PROPERTY}: the same answers led to other requests"
    return Compared(tuple(findings), seen, frozenset(slot for slot, _ in masks) | pair.opaque, reason)


def natural(history: History, policy: Policy) -> frozenset[Mask]:
    """What the twins that were alone were answered differently."""
    if history.twins is None:
        return frozenset()
    one, other = (_Told.of(alone, _only(alone)) for alone in history.twins.alone)
    return _between(one, other, policy)


def influences(history: History, policy: Policy, before: int, after: int, masks: frozenset[Mask]) -> Iterator[Finding]:
    """What a tenant was answered differently from one that had run the same programme in the same service before it.

    Args:
        before, after: the two tenants' numbers. masks: what is different by `natural`.
    """
    pair = _Pair(_Told.of(history, before), _Told.of(history, after), policy)
    return _influences(pair, history, masks, Counter())


def _between(one: _Told, other: _Told, policy: Policy) -> frozenset[Mask]:
    steps = _Pair(one, other, policy).steps(Counter())
    return frozenset(mask for _, _, differences in steps for each in differences for mask in _masks(each))


def _influences(
    pair: _Pair, history: History, masks: frozenset[Mask], seen: Counter[tuple[str, str]]
) -> Iterator[Finding]:
    for before, after, differences in pair.steps(seen):
        own = (d for d in differences if not shares(pair.policy, d.slot.operation, d.where.place))
        told = (d for d in own if not {(d.slot, d.word), (d.slot, None)} & masks)
        if difference := next(told, None):
            yield _finding(history, before, after, difference)


def _masks(difference: _Difference) -> Iterator[Mask]:
    """What a difference by nature leaves out: a short text whole, of a long one the words around it. A time's seconds
    may be the same a minute later, though the time is not."""
    count, index = difference.word or (0, 0)
    if count <= _SHORT_WORDS_MAX:
        yield difference.slot, None
    else:
        for near in range(max(0, index - _NEAR_WORDS), min(count, index + _NEAR_WORDS + 1)):
            yield difference.slot, (count, near)


def _not_comparable(one: _Told, other: _Told, company: _Told) -> str:
    for told in (one, company, other):
        for exchange in told.exchanges:
            if exchange.status is None or exchange.status in _BUSY:
                return f"{exchange.operation} gave a twin no answer: {exchange.fault or exchange.status}"
    if not one.exchanges:
        return "a twin sent nothing"
    if [e.operation for e in one.exchanges] != [e.operation for e in other.exchanges]:
        return "what a twin sends depends on more than its answers: two that were alone sent different requests"
    return ""


def _only(history: History) -> int:
    return next(tenant.number for tenant in history.tenants if not tenant.control)


class _Told(NamedTuple):
    """What one twin did, in its first session, and what it was told."""

    history: History
    tenant: int
    exchanges: tuple[Exchange, ...]

    @classmethod
    def of(cls, history: History, tenant: int) -> _Told:
        session = f"{history.by_number[tenant].label}/0"
        return cls(history, tenant, tuple(e for e in history.exchanges if e.session == session))


class _Said(NamedTuple):
    """What a response says, by where; ``encoded``: what can be decoded further."""

    texts: _Texts
    encoded: frozenset[_Where]
    empty: bool

    def has_document_of(self, where: _Where) -> bool:
        """Of a bar code: is the document there that it is printed on, whether or not the code can be read?"""
        document = where.chain[:-1]
        within = any(each.chain[: len(document)] == document for each in self.texts)
        return where.surface == "barcode" and (within if document else not self.empty)

    def leaves_as_written(self, where: _Where) -> bool:
        """Does this response say something there, or around it, that the other one can decode and this one can't?"""
        # What has no place is the body; the list of the headers' names, which has none either, encodes nothing.
        here = (each for each in self.texts if each.place or each.surface == "body")
        written = {(each.chain, each.place) for each in here if each not in self.encoded}
        return not written.isdisjoint(_before_decoding(where))


class _Pair:
    """Two twins, step by step."""

    def __init__(self, left: _Told, right: _Told, policy: Policy) -> None:
        self.opaque: set[Slot] = set()
        self._left, self._right = left, right
        self.policy = policy
        self._renaming = Renaming(policy, (left.history, left.tenant), (right.history, right.tenant))
        self._tokens = [(listing.operation, listing.token) for r in policy.resources for listing in r.listed]

    def steps(self, seen: Counter[tuple[str, str]]) -> Iterator[tuple[Exchange, Exchange, list[_Difference]]]:
        """Exchange of the one, of the other, and how their answers differ; what was compared is counted in ``seen``."""
        for before, after in zip(self._left.exchanges, self._right.exchanges, strict=False):
            if before.operation != after.operation:
                return
            self._renaming.requests(before, after)
            yield before, after, list(self._differences(before, after, seen))

    def _differences(self, before: Exchange, after: Exchange, seen: Counter[tuple[str, str]]) -> Iterator[_Difference]:
        ours, theirs = decode(before), decode(after)
        if ours.unseen or theirs.unseen:
            return  # what could not be read is told as that, and is no difference
        self._renaming.responses(before, after)
        left, right = self._said(before, ours, 0), self._said(after, theirs, 1)
        for one, other in self._aligned(left.texts, right.texts):
            where = other or one
            assert where is not None  # `_aligned` pairs what is there with what is there or with nothing
            if (one or where) in left.encoded and (other or where) in right.encoded:
                continue  # compared as decoded
            if (one is None and left.leaves_as_written(where)) or (other is None and right.leaves_as_written(where)):
                continue  # one side decodes further, by chance: compared as written
            slot = Slot(before.operation, where.surface, _INDEX.sub("/*", where.place), where.chain)
            lefts = left.texts.get(one, ()) if one else ()
            rights = right.texts.get(other, ()) if other else ()
            seen[slot.operation, slot.surface] += len(rights)
            if len(lefts) != len(rights) and left.has_document_of(where) and right.has_document_of(where):
                self.opaque.add(slot)  # which codes can be read depends on what is in them
                continue
            if one is None or other is None or len(lefts) != len(rights):
                yield _Difference(slot, where, _shown(lefts), _shown(rights))
                continue
            whole = (one.place, other.place) if where.surface == "body" and where.chain == ("json",) else None
            for a, b in zip(lefts, rights, strict=True):
                yield from self._words(slot, where, a, b, whole)

    def _words(
        self, slot: Slot, where: _Where, left: str, right: str, whole: tuple[str, str] | None
    ) -> Iterator[_Difference]:
        if self._is_token(slot.operation, where.place):
            if not self._renaming.sizes(left, right):
                yield _Difference(slot, where, f"{len(left)} characters", f"{len(right)} characters")
            return
        if left != right and _OPAQUE.fullmatch(left) and _OPAQUE.fullmatch(right):
            self.opaque.add(slot)
            return
        ours, theirs = words(left), words(right)
        if len(ours) != len(theirs):
            yield _Difference(slot, where, _shown([left]), _shown([right]))
            return
        only = whole if len(ours) == 1 else None
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if not self._renaming.same(a, b, only):
                yield _Difference(slot, where, a, b, (len(ours), index))

    def _is_token(self, operation: str, place: str) -> bool:
        """Does a place hold the next page's token? What is sealed in it is not to be read, but its size can be."""
        patterns = (pattern for name, pattern in self._tokens if pattern and name == operation)
        return any(places.fits(place, pattern) for pattern in patterns)

    def _aligned(self, left: _Texts, right: _Texts) -> Iterator[tuple[_Where | None, _Where | None]]:
        """Places of both, those that one of them lacks beside nothing. Keys of a document may be ids."""
        for where in right:
            if where in left:
                yield where, where
        only_left, only_right = [w for w in left if w not in right], [w for w in right if w not in left]
        if len(only_left) == len(only_right):
            for one, other in zip(only_left, only_right, strict=True):
                if self._same_place(one, other):
                    yield one, other
                else:
                    yield one, None
                    yield None, other
        else:
            yield from ((one, None) for one in only_left)
            yield from ((None, other) for other in only_right)

    def _same_place(self, one: _Where, other: _Where) -> bool:
        ours, theirs = one.place.split("/"), other.place.split("/")
        alike = (one.surface, one.chain, len(ours)) == (other.surface, other.chain, len(theirs))
        return alike and all(self._renaming.same(a, b) for a, b in zip(ours, theirs, strict=True))

    def _said(self, exchange: Exchange, decoded: Decoded, side: int) -> _Said:
        """What a response says. Of a token only the whole counts."""
        texts: _Texts = {_Where("reason", "status", ()): [str(exchange.status)]}
        encoded: set[tuple[tuple[str, ...], str]] = set()
        for text in decoded.texts:
            timing = text.surface == "header" and (text.place in _LEFT_OUT or _RATE.match(text.place))
            within = text.chain != ("json",) and self._is_token(exchange.operation, text.place)
            if timing or within or not _DERIVED.isdisjoint(text.chain):
                continue
            where = _Where(text.surface, text.place, text.chain)
            encoded.update(_before_decoding(where))
            texts.setdefault(where, []).append(self._renaming.plain(_TIME.sub("time", text.text), side))
        further = frozenset(where for where in texts if (where.chain, where.place) in encoded)
        return _Said(texts, further, empty=not exchange.body)


def _before_decoding(where: _Where) -> Iterator[tuple[tuple[str, ...], str]]:
    """Chain and place of whatever a text was decoded from."""
    for depth, step in enumerate(where.chain):
        if step not in _STRUCTURE:
            yield from ((where.chain[:depth], place) for place in _up(where.place))


def _up(place: str) -> Iterator[str]:
    """A place in an encoded document, and the places that it is inside of."""
    yield place
    while "/" in place:
        place = place.rpartition("/")[0]
        yield place


def _shown(texts: Sequence[str]) -> str:
    text = " ".join(texts) or "nothing"
    return text if len(text) <= _SHOWN_CHARS_MAX else text[:_SHOWN_CHARS_MAX] + "..."


def _finding(history: History, before: Exchange, after: Exchange, difference: _Difference) -> Finding:
    where = difference.where
    return Finding(
        property=PROPERTY,
        kind="influence",
        operation=after.operation,
        surface=where.surface,
        owner=OTHERS,
        viewer=history.label(after.tenant),
        value=difference.after,
        rule=(
            f"the same programme without company was answered {difference.before!r} here (its exchange "
            f"{before.number}), before and after"
        ),
        place=where.place,
        chain=where.chain,
        exchange=after.number,
    )
