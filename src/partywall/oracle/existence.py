"""Existence: a request that names what another tenant has is answered like one that names what nobody has.

404 against 403, another message, "this reference is already used": each tells that something exists. Two requests of
one tenant are twins if they differ only where one names foreign ids and the other ids that nobody ever had; their
answers have to be equal, up to those ids, to what the service assigned, and to what changes by nature.
"""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from partywall import places
from partywall.ledger import distinctive, id_patterns, normal_id, sent_text
from partywall.model import Finding
from partywall.oracle.comparison import Comparison, answers, findings
from partywall.oracle.ownership import foreign_values
from partywall.oracle.writes import writes, writes_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

PROPERTY = "existence"

HEADERS = ("content-type", "location", "www-authenticate", "allow")
_LONG = 200

_WORD = re.compile(r"[^\s\"'/?&=;,:{}\[\]()<>]+")
_NUMBER = re.compile(r"\d+")
_LETTER, _DIGIT = re.compile("[a-z]"), re.compile("[0-9]")
_OPAQUE = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.,+Z-]*|[0-9A-Za-z][0-9A-Za-z_-]{9,}")

_MASK = "⟨id⟩"


class _Whose(enum.Enum):
    NO_NAME, OWN, FOREIGN, NOBODY = range(4)


class _Word(NamedTuple):
    text: str
    whose: _Whose
    owner: int = -1
    since: int | None = None
    planted: int | None = None


class _Asked(NamedTuple):
    exchange: Exchange
    words: tuple[_Word, ...]

    def has(self, whose: _Whose) -> bool:
        return any(word.whose is whose for word in self.words)


def existence(ledger: Ledger) -> Iterator[Finding]:
    """Answers that tell whether something exists: at most one finding for each request, shown by the later of the
    twins."""
    yield from findings(ledger, comparisons)


def comparisons(ledger: Ledger) -> Iterator[Comparison]:
    """Requests with a twin, by the surfaces on which both answers were compared."""
    groups: dict[tuple[object, ...], list[_Asked]] = defaultdict(list)
    for exchange in ledger.history.exchanges:
        if answers(exchange):
            asked = _Asked(exchange, _words(ledger)[exchange.number])
            masked = (w.text if w.whose in (_Whose.NO_NAME, _Whose.OWN) else _MASK for w in asked.words)
            groups[exchange.tenant, exchange.operation, exchange.method, *masked].append(asked)
    for group in groups.values():
        controls = [asked for asked in group if not asked.has(_Whose.FOREIGN)]
        learned = _learned(ledger, controls)
        for foreign in (asked for asked in group if asked.has(_Whose.FOREIGN)):
            twins = [control for control in controls if _twins(ledger, foreign, control)]
            # An answer that shows what is foreign says more than that it exists.
            if twins and not any(True for _ in foreign_values(ledger, foreign.exchange)):
                nearest = min(twins, key=lambda t: abs(t.exchange.number - foreign.exchange.number))
                yield from _compared(ledger, foreign, nearest, learned)


def names_objects(ledger: Ledger, exchange: Exchange) -> bool:
    """Does a request name something that there was before it, by whomever it was made?"""
    return any(
        word.whose is _Whose.FOREIGN
        or (word.whose is _Whose.OWN and (word.planted is None or word.planted < exchange.number))
        for word in _words(ledger)[exchange.number]
    )


def names_foreign(ledger: Ledger, exchange: Exchange) -> bool:
    """Does a request name something of another tenant's?"""
    return any(word.whose is _Whose.FOREIGN for word in _words(ledger)[exchange.number])


def _compared(ledger: Ledger, foreign: _Asked, control: _Asked, learned: set[str]) -> Iterator[Comparison]:
    ids = [(f, c) for f, c in zip(foreign.words, control.words, strict=True) if f.text != c.text]
    one = _observed(ledger, foreign.exchange, {f.text for f, _ in ids})
    other = _observed(ledger, control.exchange, {c.text for _, c in ids})
    held = [place for place in {**one, **other} if place not in learned]
    differing = next((place for place in held if one.get(place) != other.get(place)), None)
    for surface in dict.fromkeys(map(_surface, held)):
        found = differing is not None and _surface(differing) == surface
        findings_ = (_finding(ledger, (foreign, one), (control, other), ids[0], differing or ""),) if found else ()
        yield Comparison(foreign.exchange.operation, surface, findings_)


def _surface(place: str) -> str:
    return "status" if place == "status" else "header" if place in HEADERS else "body"


def _finding(
    ledger: Ledger,
    asked: tuple[_Asked, dict[str, str]],
    twin: tuple[_Asked, dict[str, str]],
    names: tuple[_Word, _Word],
    place: str,
) -> Finding:
    (foreign, one), (control, other), (named, nobodys) = asked, twin, names
    label = ledger.history.label
    return Finding(
        property=PROPERTY,
        kind="existence",
        operation=foreign.exchange.operation,
        surface=_surface(place),
        owner=label(named.owner),
        viewer=label(foreign.exchange.tenant),
        value=one.get(place, "(nothing)"),
        rule=(
            f"this is what exchange {foreign.exchange.number} was answered, which named {label(named.owner)}'s "
            f"{named.text}; exchange {control.exchange.number} asked the same for {nobodys.text}, which nobody has, "
            f"and was answered {other.get(place, '(nothing)')!r} there"
        ),
        place="" if place == "status" else place,
        exchange=max(foreign.exchange.number, control.exchange.number),
        since=named.since,
    )


def _twins(ledger: Ledger, foreign: _Asked, control: _Asked) -> bool:
    """Do they differ in nothing but that, and is what the viewer has itself the same for both?"""
    for one, other in zip(foreign.words, control.words, strict=True):
        if one.text != other.text and not (one.whose is _Whose.FOREIGN and other.whose is _Whose.NOBODY):
            return False
    first, last = sorted((foreign.exchange, control.exchange), key=lambda e: e.number)
    own = [word for word in foreign.words if word.whose is _Whose.OWN]
    if writes(ledger, first):
        # A write that succeeds once with one's own need not succeed twice; what it makes anew it can make again.
        return all(word.planted is not None and word.planted >= first.number for word in own)
    return not own or not any(e.tenant == first.tenant for e in writes_between(ledger, first, last))


def _words(ledger: Ledger) -> dict[int, tuple[_Word, ...]]:
    """Number of an exchange -> the words of its request."""

    def words() -> dict[int, tuple[_Word, ...]]:
        exchanges = ledger.history.exchanges
        found = {e.number: [_word(ledger, e, text) for text in _WORD.findall(sent_text(e))] for e in exchanges}
        owned = (_Whose.OWN, _Whose.FOREIGN)
        formed = {at for e in exchanges for at, word in _places(e, found[e.number]) if word.whose in owned}
        for e in exchanges:
            for index, (at, word) in enumerate(_places(e, found[e.number])):
                if word.whose is _Whose.NO_NAME and at in formed:
                    found[e.number][index] = _unowned(ledger, e, word.text)
        return {number: tuple(each) for number, each in found.items()}

    return ledger.once(_words, words)


def _places(exchange: Exchange, words: list[_Word]) -> list[tuple[tuple[object, ...], _Word]]:
    """The words, each with where it stands and its form: what has an id's form where ids are named is one."""
    request = exchange.operation, exchange.method, len(words)
    return [((*request, at, _DIGIT.sub("0", _LETTER.sub("a", word.text))), word) for at, word in enumerate(words)]


def _word(ledger: Ledger, exchange: Exchange, text: str) -> _Word:
    viewer = exchange.tenant
    for mark in ledger.marks.find(text.encode()):
        if mark.genuine:
            since = ledger.since(mark.text, mark.tenant)
            if mark.tenant == viewer or ledger.stored(viewer, mark.text, exchange.called_ns):
                return _Word(text, _Whose.OWN, viewer, since, since)
            if since is None or ledger.history.numbered[since].called_ns > exchange.called_ns:
                return _Word(text, _Whose.NOBODY)
            return _Word(text, _Whose.FOREIGN, mark.tenant, since)
    owners = dict(_owners(ledger).get(text, {}))
    if owned := ledger.owner_of_token(text):
        owners.setdefault(owned.tenant, owned.since)
    if viewer in owners:
        return _Word(text, _Whose.OWN, viewer, owners[viewer])
    if owners:
        owner, since = next(iter(owners.items()))
        return _Word(text, _Whose.FOREIGN, owner, since)
    if not _NUMBER.fullmatch(text) and not distinctive(text):
        return _Word(text, _Whose.NO_NAME)
    return _unowned(ledger, exchange, text)


def _unowned(ledger: Ledger, exchange: Exchange, text: str) -> _Word:
    put = _put(ledger).get((exchange.tenant, text), exchange.number)
    return _Word(text, _Whose.OWN, exchange.tenant, put) if put < exchange.number else _Word(text, _Whose.NOBODY)


def _owners(ledger: Ledger) -> dict[str, dict[int, int]]:
    """Id, in lower case as words of requests are -> owners of an object of whatever kind with that id."""

    def owners() -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = defaultdict(dict)
        nested = {resource.kind for resource in ledger.policy.resources if resource.within}
        for (kind, id_), of in ledger.ids.items():
            if kind not in nested:  # such an id says nothing without its parent's
                found[id_.lower()] |= of
        return found

    return ledger.once(_owners, owners)


def _put(ledger: Ledger) -> dict[tuple[int, str], int]:
    """Tenant and word of a path -> the first PUT with success that named it. What it named it may have made."""

    def put() -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        for exchange in ledger.history.exchanges:
            if exchange.method == "PUT" and exchange.succeeded:
                for text in _WORD.findall(exchange.url.lower()):
                    found.setdefault((exchange.tenant, text), exchange.number)
        return found

    return ledger.once(_put, put)


def _learned(ledger: Ledger, controls: list[_Asked]) -> set[str]:
    """Places at which answers of one status differ though none of their requests named anything of anybody's."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for control in controls:
        ids = {word.text for word in control.words if word.whose is _Whose.NOBODY}
        observed = _observed(ledger, control.exchange, ids)
        for place, value in observed.items():
            seen[observed["status"], place].add(value)
    return {place for (_, place), values in seen.items() if len(values) > 1}


def _observed(ledger: Ledger, exchange: Exchange, ids: set[str]) -> dict[str, str]:
    """What an answer says, by place, without the ids of its request and what the service chose freely."""
    found = {"status": str(exchange.status)}
    found |= {name: _masked(exchange.header(name), ids) for name in HEADERS}
    document = places.parse(exchange.body)
    if document is None:
        found["body"] = _masked(exchange.body.decode("utf-8", "replace"), ids)
        return found
    assigned = [p for resource in ledger.policy.resources for p in id_patterns(resource, exchange.operation)]
    volatile = [v.place for v in ledger.policy.volatile if v.operation == exchange.operation]
    for place, value in places.leaves(document):
        if any(places.fits(place, pattern) for pattern in volatile):
            continue
        free = any(places.fits(place, pattern) for pattern in assigned)
        found[place or "body"] = _MASK if free else _masked(normal_id(value), ids)
    return found


def _masked(text: str, ids: set[str]) -> str:
    if len(text) > _LONG and " " not in text[:_LONG]:
        return "⟨data⟩"

    def plain(found: re.Match[str]) -> str:
        word = found.group()
        if word.lower() in ids:
            return _MASK
        return "⟨opaque⟩" if _freely_chosen(word) else word

    # Times first: their numbers are no ids.
    text = _OPAQUE.sub(plain, text)
    for id_ in sorted(ids, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(id_)}(?!\w)", _MASK, text, flags=re.IGNORECASE)
    return text


def _freely_chosen(word: str) -> bool:
    return distinctive(word) or re.match(r"\d{4}-\d\d-\d\d", word) is not None
