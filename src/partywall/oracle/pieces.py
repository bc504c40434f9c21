"""Pieces: evidence too weak to count by itself, counted together.

A mark that a field cut short; a masked or shortened value ("****1234", "j***@example.org", the first eight characters,
initials); a drawn value that others could have by chance. Each place that could show such a piece is a look, and
each look fits some owner's values with a probability that can be calculated. A finding says how likely it is that the
looks fit as well as they did by chance; where that is likelier than `chance.share` allows, there is none.

- What is left of a mark, k characters after its prefix, is in a given place with a chance of 32**-k (see `marks`),
  times the foreign marks there are, times the places looked at.
- A drawn value is the same as one of an owner's n by a chance of n in so many as the policy says.
- A masked value fits by how much the values of its kind differ from each other, place by place (`chance.Spread`).

Looks are taken once for each value shown, operation and viewer, however often it shows. What fits the viewer's own
values, what its own request said, what the control tenant sees too, and what fits two owners, says nothing.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from partywall import places
from partywall.chance import Spread, share, tail
from partywall.decode import Text
from partywall.ledger import MASK, canonical
from partywall.marks import HEAD_CHARS, PREFIX, RADIX, TAIL_CHARS, TENANT_CHARS, bare
from partywall.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

SHORTENED_CHARS = 8

_PREFIX = PREFIX.encode()
# A run of stars, dots or the like between what is left of the ends; of letters x only between digits.
_EDGE, _BEFORE, _AFTER = "*•●…", r"(?<![^\s\0\"'(:=])", r"(?![^\s\0\"'),;])"
_MASKED = re.compile(
    rf"{_BEFORE}(?:([^\s\0{_EDGE}]{{0,64}}?)(?:[*•●]{{2,}}|…|\.{{3,}})[-{_EDGE}]*([^\s\0{_EDGE}]{{0,64}})"
    rf"|([0-9]{{0,12}})[xX]{{4,}}[xX-]*([0-9]{{0,12}})){_AFTER}"
)
_ENDING = re.compile(r"last[_-]?(?:four|4|digits)|ending|suffix", re.IGNORECASE)
_INITIALS = re.compile(r"initials", re.IGNORECASE)

# One of three families of questions: beginnings of marks, ends of marks, all other pieces.
_FAMILIES = 3


class _Look(NamedTuple):
    """A piece that was shown: the name of its place ("" outside of documents), how it was made, its ends."""

    name: str
    form: str
    front: str
    back: str


@dataclass(slots=True)
class _Group:
    """The looks of one operation's responses to one viewer: where each showed first, and as what."""

    looks: dict[_Look, tuple[Exchange, Text, str]] = field(default_factory=dict)


def pieces(ledger: Ledger) -> Iterator[Finding]:
    """What pieces of values show together: at most one finding for each operation, owner and viewer of each family."""
    responses = sum(exchange.status is not None for exchange in ledger.history.exchanges)
    allowed = share(responses, _FAMILIES)
    yield from _cut_marks(ledger, allowed)
    yield from _Counted(ledger).findings(allowed)


def _cut_marks(ledger: Ledger, allowed: float) -> Iterator[Finding]:
    marks, label = ledger.marks, ledger.history.label
    heads = {marks.head(number).encode(): number for number in ledger.history.by_number}
    fronts: list[tuple[Exchange, int, str]] = []
    ends: list[tuple[Exchange, int, str]] = []
    front_looks = end_looks = 0
    for exchange in ledger.history.exchanges:
        shown, own = ledger.shown(exchange), marks.head(exchange.tenant).encode()
        if looks := shown.bare.count(_PREFIX) - shown.bare.count(own):
            front_looks += looks
            cuts = {shown.bare[at : at + HEAD_CHARS] for at in _starts(shown.bare)} - {own}
            if strange := cuts & heads.keys():
                whole = _whole_heads(ledger, exchange)
                fronts += [(exchange, heads[cut], cut.decode()) for cut in sorted(strange - whole)]
        end_looks += shown.long_words
        for end in shown.tails:
            owner, mark = ledger.tails[end]
            if owner != exchange.tenant and mark.encode() not in shown.bare:
                ends.append((exchange, owner, end.decode()))
    for family, hits, chance in (
        ("begins", fronts, front_looks * (len(heads) - 1) * float(RADIX) ** -TENANT_CHARS),
        ("ends", ends, end_looks * len(ledger.planted) * float(RADIX) ** -TAIL_CHARS),
    ):
        if chance > allowed:
            continue
        told: set[tuple[str, int, int]] = set()
        for exchange, owner, value in hits:
            key = (exchange.operation, owner, exchange.tenant)
            excused = ledger.sent(exchange, value) or ledger.stored(exchange.tenant, value, exchange.returned_ns)
            if key in told or excused:
                continue
            told.add(key)
            rule = (
                f"this is how a mark of {label(owner)} {family}; by chance it would show with probability {chance:.0e}"
            )
            text = _text_with(ledger.decoded(exchange).texts, value)
            yield _finding(ledger, exchange, text, "partial", owner, value, rule, chance)


def _whole_heads(ledger: Ledger, exchange: Exchange) -> set[bytes]:
    """Beginnings of the genuine marks that a response shows whole."""
    found = ledger.marks.foreign(ledger.shown(exchange).bare, exchange.tenant)
    return {mark.text[:HEAD_CHARS].encode() for mark in found if mark.genuine}


def _starts(text: bytes) -> Iterator[int]:
    at = text.find(_PREFIX)
    while at >= 0:
        yield at
        at = text.find(_PREFIX, at + 1)


class _Counted:
    """Masked, shortened and drawn values of a history."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._forms: dict[tuple[str, str], dict[str, int | None]] = {}
        self._spreads: dict[tuple[str, str], Spread] = {}
        self._counts: dict[tuple[str, str, int], int] = {}
        self._groups: dict[tuple[str, int], _Group] = defaultdict(_Group)
        self._tenants = list(ledger.history.by_number)
        self._common: set[_Look] = set()
        self._control = {tenant.number for tenant in ledger.history.tenants if tenant.control}
        for exchange in ledger.history.exchanges:
            self._take(exchange)

    def findings(self, allowed: float) -> Iterator[Finding]:
        """One for each operation, owner and viewer whose looks fit too well for chance."""
        allowed /= max(len(self._groups) * (len(self._tenants) - 1), 1)
        for (operation, viewer), group in self._groups.items():
            fitting = {look: self._owners(look) for look in group.looks}
            looks = [look for look in group.looks if viewer not in fitting[look] and look not in self._common]
            owners = {owner for look in looks if len(fitting[look]) == 1 for owner in fitting[look]}
            for owner in sorted(owners, key=self._tenants.index):
                hits = [look for look in looks if fitting[look] == {owner} and self._chance(look, owner) < 1.0]
                hits = self._strongest([look for look in hits if not self._excused(look, group)], owner)
                if hits and (found := self._judged(group, looks, hits, owner, operation, allowed)):
                    yield found

    def _judged(
        self, group: _Group, looks: list[_Look], hits: list[_Look], owner: int, operation: str, allowed: float
    ) -> Finding | None:
        of_all = [self._chance(look, owner) for look in looks]
        whole = [look for look in hits if look.form == "drawn"]
        kind, shown, chance = "content", whole, tail(of_all, [self._chance(look, owner) for look in whole])
        if chance > allowed:
            kind, shown, chance = "partial", hits, tail(of_all, [self._chance(look, owner) for look in hits])
        if chance > allowed:
            return None
        label = self._ledger.history.label(owner)
        told = ", ".join(sorted(f"{look.name or 'text'} {group.looks[look][2]}" for look in shown)[:5])
        exchange, text, written = group.looks[shown[0]]
        rule = (
            f"of {len(looks)} pieces of values that {operation} showed here {len(shown)} fit {label}'s alone "
            f"({told}); by chance as much would fit with probability {chance:.0e}"
        )
        return _finding(self._ledger, exchange, text, kind, owner, written, rule, chance)

    def _strongest(self, hits: list[_Look], owner: int) -> list[_Look]:
        """One look for each value: if chance has one fit, it has all pieces of the same value fit."""
        strongest: dict[str, _Look] = {}
        for look in sorted(hits, key=lambda look: self._chance(look, owner)):
            strongest.setdefault(min(self._fitting(look)), look)
        return list(strongest.values())

    def _take(self, exchange: Exchange) -> None:
        group = None
        masks = self._ledger.shown(exchange).masks
        for text in self._ledger.decoded(exchange).texts:
            for look, written in self._looks(text, masks=masks):
                if exchange.tenant in self._control and not _whole_heads(self._ledger, exchange):
                    self._common.add(look)
                group = group or self._groups[exchange.operation, exchange.tenant]
                group.looks.setdefault(look, (exchange, text, written))

    def _looks(self, text: Text, *, masks: bool) -> Iterator[tuple[_Look, str]]:
        value = text.text
        if text.chain[-1:] == ("key",):
            return
        if not (masks or self._ledger.spaces) and len(value) > SHORTENED_CHARS:
            return
        name = places.name(text.place) if text.surface == "body" else ""
        if masks and MASK.search(value):
            for match in _MASKED.finditer(value):
                front, back, digits, more = (bare(end or "").decode() for end in match.groups())
                if front or back or digits or more:
                    yield _Look(name, "masked", front or digits, back or more), match.group()
        elif name in self._ledger.spaces:
            yield _Look(name, "drawn", canonical(value), ""), value
        elif value and len(value) <= SHORTENED_CHARS and value.isalnum() and value.isascii():
            hint = _hint(name)
            if hint == "ending":
                yield _Look(name, "masked", "", value.lower()), value
            elif hint == "initials":
                yield _Look(name, "initials", value.lower(), ""), value
            elif len(value) == SHORTENED_CHARS and not (value.isalpha() or value.isdigit()) and self._ledger.kinds:
                yield _Look(name, "masked", value.lower(), ""), value

    def _names(self, look: _Look) -> list[str]:
        """The kinds of values that a piece may be of: of the same name, or else of one that is part of the other
        ("phone" of "phoneLast4"), or else of any."""
        kinds = self._ledger.kinds
        if look.name in kinds:
            return [look.name]
        alike = [name for name in kinds if look.name and name and (name in look.name or look.name in name)]
        return alike or list(kinds)

    def _owners(self, look: _Look) -> set[int]:
        """Whose values a piece fits. One that fits what several have says nothing of anybody: it fits everyone's."""
        owners = set(self._fitting(look).values())
        return {owner for owner in owners if owner is not None} if None not in owners else set(self._tenants)

    def _fitting(self, look: _Look) -> dict[str, int | None]:
        """The values, letters and digits of them, that a piece fits, and their owners."""
        if look.form == "drawn":
            values = self._ledger.kinds.get(look.name, {})
            return {bare(look.front).decode(): values[look.front]} if look.front in values else {}
        ends = len(look.front) + len(look.back)
        return {
            value: owner
            for name in self._names(look)
            for value, owner in self._of(name, look.form).items()
            if len(value) > ends and value.startswith(look.front) and value.endswith(look.back)
        }

    def _chance(self, look: _Look, owner: int) -> float:
        """How likely a piece is to fit one of an owner's values by chance."""
        if look.form == "drawn":
            return min(self._count(look.name, look.form, owner) / self._ledger.spaces[look.name], 1.0)
        total = sum(
            self._count(name, look.form, owner) * self._spread(name, look.form).chance(look.front, look.back)
            for name in self._names(look)
        )
        return min(total, 1.0)

    def _of(self, name: str, form: str) -> dict[str, int | None]:
        """The values of a kind as pieces are compared with them."""
        key = (name, "initials" if form == "initials" else "")
        if key not in self._forms:
            found: dict[str, int | None] = {}
            for value, owner in self._ledger.kinds.get(name, {}).items():
                written = _initials(value) if form == "initials" else bare(value).decode()
                found[written] = owner if found.get(written, owner) == owner else None
            self._forms[key] = found
        return self._forms[key]

    def _count(self, name: str, form: str, owner: int) -> int:
        key = (name, form, owner)
        if key not in self._counts:
            self._counts[key] = sum(each == owner for each in self._of(name, form).values())
        return self._counts[key]

    def _spread(self, name: str, form: str) -> Spread:
        key = (name, form)
        if key not in self._spreads:
            self._spreads[key] = Spread(self._of(name, form))
        return self._spreads[key]

    def _excused(self, look: _Look, group: _Group) -> bool:
        """Did the request itself say it?"""
        exchange, _, written = group.looks[look]
        return self._ledger.sent(exchange, written) or self._ledger.sent(exchange, look.front + look.back)


@functools.lru_cache(maxsize=8192)
def _hint(name: str) -> str:
    """What the name of a place says that it shows of a value."""
    return "ending" if _ENDING.search(name) else "initials" if _INITIALS.search(name) else ""


def _initials(value: str) -> str:
    return "".join(word[0] for word in re.findall(r"[^\W_]+", value))


def _text_with(texts: tuple[Text, ...], value: str) -> Text:
    wanted = value.encode()
    return next((text for text in texts if wanted in bare(text.text)), Text("body", "", (), value))


def _finding(
    ledger: Ledger, exchange: Exchange, text: Text, kind: str, owner: int, value: str, rule: str, chance: float
) -> Finding:
    return Finding(
        property="ownership",
        kind=kind,
        operation=exchange.operation,
        surface=text.surface,
        owner=ledger.history.label(owner),
        viewer=ledger.history.label(exchange.tenant),
        value=value,
        rule=rule,
        place=text.place,
        chain=text.chain,
        exchange=exchange.number,
        chance=chance,
    )
