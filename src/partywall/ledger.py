"""Which tenant owns which value.

Marks name their owner by themselves. What a service assigns (ids, tracking numbers) is learned from the
responses that make objects, and from the places that the policy declares. Of a place that the policy
declares, whoever was shown a value first owns it. Elsewhere a value that two tenants were assigned is the service's
vocabulary, or a counter of each tenant's own: no evidence; nor are the other values of a place where that is the rule.
The id of what its owner has removed may be given again, to whoever then made something and was not answered.
What fits no mark and is drawn for its tenant alone (a phone number, an amount) is learned from the requests that make
objects, with its place.
"""

from __future__ import annotations

import re
import unicodedata
import urllib.parse
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from partywall import places
from partywall.decode import Decoded, decode
from partywall.marks import TAIL_CHARS, Marks, bare
from partywall.values import Owned, Values, regrouped, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from partywall.decode import Text
    from partywall.model import Exchange, History
    from partywall.policy import Policy, Resource

T = TypeVar("T")

# Drawn out of so many for each value there is, a value counts wherever it shows, not at its own place alone.
DISTINCTIVE_SPACE = 10**9

_DISTINCTIVE = re.compile(r"(?=(?:[^0-9]*[0-9]){4})(?=(?:[^A-Za-z]*[A-Za-z]){2})[0-9A-Za-z][0-9A-Za-z-]{9,}")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)")
MASK = re.compile(r"[*•●]{2}|…|\.{3}|[xX]{4}")
"""What stands for characters that are not shown."""

_AMOUNT = re.compile(r"[^\d\w-]{0,2}(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Shown:
    """What one response shows, whoever looks.

    Attributes:
        bare: letters and digits of all its texts.
        known: its words that are somebody's.
        masks: something in it stands for what is not shown.
        tails: ends of its long words that are ends of planted marks; long_words: how many there were to look at.
    """

    bare: bytes
    known: frozenset[bytes]
    masks: bool
    tails: frozenset[bytes]
    long_words: int


@dataclass(frozen=True)
class Ledger:
    """What a history tells about owners.

    Attributes:
        ids: (kind of object, id) -> owners, for ids that are unique across tenants.
        assigned: what names its owner wherever it shows: distinctive values that the service assigned, and drawn
            ones that nobody else can have by chance.
        drawn: `at_place` of a value that the policy says is drawn -> owner; evidence at places of that name.
        kinds: name of a place -> the values that tenants have there, as written -> owner, None if several.
    """

    history: History
    policy: Policy
    marks: Marks
    ids: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    assigned: Values = field(default_factory=Values)
    drawn: Values = field(default_factory=Values)
    kinds: dict[str, dict[str, int | None]] = field(default_factory=dict)
    _given: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _decoded: dict[int, Decoded] = field(default_factory=dict)
    _shown: dict[int, Shown] = field(default_factory=dict)
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, history: History, policy: Policy) -> Ledger:
        """Learn the owners from a history."""
        ledger = cls(history, policy, Marks(history.key))
        ledger._learn_assigned()
        ledger._learn_given_again()
        ledger._learn_sent()
        return ledger

    def once(self, of: Callable[..., Any], make: Callable[[], T]) -> T:
        """What is made of this ledger for a function, made the first time that it is asked for."""
        if of not in self._made:
            self._made[of] = make()
        found: T = self._made[of]
        return found

    def decoded(self, exchange: Exchange) -> Decoded:
        """The texts of an exchange's response, decoded once, without what its operation shares."""
        if exchange.number not in self._decoded:
            found = decode(exchange)
            if any(shared.operation == exchange.operation and shared.place for shared in self.policy.shared):
                texts = (text for text in found.texts if not shares(self.policy, exchange.operation, text.place))
                found = replace(found, texts=tuple(texts))
            self._decoded[exchange.number] = found
        return self._decoded[exchange.number]

    def shown(self, exchange: Exchange) -> Shown:
        """What an exchange's response shows, looked at once."""
        if exchange.number not in self._shown:
            self._shown[exchange.number] = self._look(self.decoded(exchange).texts)
        return self._shown[exchange.number]

    def owners(self, kind: str, id_: str, shown_by: Exchange) -> dict[int, int]:
        """Whose an object is, by the exchanges that made it; nobody's if its id may have been given again to who is
        shown it."""
        given = self._given.get((kind, id_, shown_by.tenant))
        return {} if given is not None and given <= shown_by.number else self.ids.get((kind, id_), {})

    def owner_of_token(self, token: str) -> Owned | None:
        """Who has a value that names its owner wherever it shows."""
        return self.assigned.owner(token)

    def drawn_as(self, value: str) -> tuple[str, float] | None:
        """Under which name a value was drawn, and how likely another one is to be the same as one of those; None if it
        was not drawn."""
        for name, space in self.spaces.items():
            if self.drawn.owner(at_place(name, value)):
                return name, len(self.kinds[name]) / space
        return None

    def sent(self, exchange: Exchange, value: str) -> bool:
        """Did this request carry the value itself, however disguised? Then its answer may repeat it."""
        return _says(sent_text(exchange), value)

    def stored(self, viewer: int, value: str, before_ns: int) -> bool:
        """Has the viewer itself had the value stored, in a request called before that moment?"""
        return any(called < before_ns and _says(text, value) for called, text in self._stored.get(viewer, ()))

    def since(self, mark: str, owner: int) -> int | None:
        """The exchange in which the owner first sent a mark."""
        return self.planted.get((owner, mark))

    @cached_property
    def planted(self) -> dict[tuple[int, str], int]:
        """(Owner, mark) -> the exchange in which the owner first sent it."""
        found: dict[tuple[int, str], int] = {}
        for exchange in self.history.exchanges:
            for mark in self.marks.find(sent_text(exchange).encode()):
                if mark.tenant == exchange.tenant:
                    found.setdefault((mark.tenant, mark.text), exchange.number)
        return found

    @cached_property
    def tails(self) -> dict[bytes, tuple[int, str]]:
        """Ends of planted marks -> owner and mark."""
        return {mark[-TAIL_CHARS:].encode(): (owner, mark) for owner, mark in self.planted}

    @cached_property
    def spaces(self) -> dict[str, int]:
        """Name of a place, in lower case -> out of how many the values there are drawn."""
        return {name.lower(): count for name, count in self.policy.drawn}

    @cached_property
    def _makers(self) -> frozenset[str]:
        return frozenset(operation for resource in self.policy.resources for operation in resource.made)

    @cached_property
    def _stored(self) -> dict[int, list[tuple[int, str]]]:
        found = defaultdict(list)
        for exchange in self.history.exchanges:
            if exchange.operation in self._makers:
                found[exchange.tenant].append((exchange.called_ns, sent_text(exchange)))
        return found

    def _look(self, texts: tuple[Text, ...]) -> Shown:
        everything = _together(texts)
        found = _words(everything)
        ends = {word[-TAIL_CHARS:] for word in found if len(word) >= TAIL_CHARS}
        return Shown(
            bare=bare(everything),
            known=self.assigned.known(found),
            masks=MASK.search(everything) is not None,
            tails=frozenset(ends & self.tails.keys()),
            long_words=len(ends),
        )

    def _learn_assigned(self) -> None:
        told: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for exchange in sorted(self.history.exchanges, key=lambda e: e.returned_ns):
            if not exchange.succeeded:
                continue
            for resource in self.policy.resources:
                if pattern := resource.made.get(exchange.operation):
                    for _, value in id_places(exchange, pattern):
                        owners = self.ids.setdefault((resource.kind, value), {})
                        owners.setdefault(exchange.tenant, exchange.number)
            for place, token, declared in self._assigned_tokens(exchange):
                where = f"{exchange.operation} {places.pattern(place)}"
                for form in {token, token.replace("-", "")}:
                    self.assigned.own(exchange.tenant, form, exchange.number, where, for_good=declared)
                    if not declared:
                        told[where][exchange.tenant].add(form)
                self._kind(place, token, exchange.tenant)
        for by_tenant in told.values():
            if _each_counts(by_tenant.values()):
                for token in set().union(*by_tenant.values()):
                    self.assigned.share(token)
        for token in self._shared_by_nature():
            if token in self.assigned:
                self.assigned.share(token)

    def _learn_given_again(self) -> None:
        """Ids that a tenant is shown and was not told: its own, if it has made something since all owners had removed
        what they named."""
        unanswered: dict[int, list[int]] = defaultdict(list)
        for exchange in self.history.exchanges:
            if exchange.status is None and exchange.operation in self._makers:
                unanswered[exchange.tenant].append(exchange.called_ns)
        removed: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        for exchange in self.history.exchanges if unanswered else ():
            for resource in self.policy.resources if exchange.succeeded else ():
                if pattern := resource.removed.get(exchange.operation):
                    for _, value in id_places(exchange, pattern):
                        removed[resource.kind, value].setdefault(exchange.tenant, exchange.called_ns)
        for exchange in self.history.exchanges if removed else ():
            for resource in self.policy.resources if exchange.tenant in unanswered and exchange.succeeded else ():
                for _, value in (
                    at for p in id_patterns(resource, exchange.operation) for at in id_places(exchange, p)
                ):
                    owners, gone = self.ids.get((resource.kind, value), {}), removed.get((resource.kind, value), {})
                    if not owners or exchange.tenant in owners or owners.keys() - gone.keys():  # known, or still there
                        continue
                    free_ns = max(gone[owner] for owner in owners)
                    if free_ns < exchange.returned_ns and any(
                        free_ns < called < exchange.returned_ns for called in unanswered[exchange.tenant]
                    ):
                        self._given.setdefault((resource.kind, value, exchange.tenant), exchange.number)

    def _assigned_tokens(self, exchange: Exchange) -> Iterator[tuple[str, str, bool]]:
        """Places and values that a response assigns to its viewer, and whether the policy says that they are nobody
        else's."""
        patterns = [pattern for operation, pattern in self.policy.assigned if operation == exchange.operation]
        makes = exchange.operation in self._makers
        if not patterns and not makes:
            return
        sent = sent_text(exchange)
        for place, value in places.leaves(places.parse(exchange.body)):
            if not isinstance(value, str) or not distinctive(value):
                continue
            declared = any(places.fits(place, pattern) for pattern in patterns)
            token = value.lower()
            if (makes or declared) and token not in sent and not any(self.marks.find(token.encode())):
                yield place, token, declared

    def _learn_sent(self) -> None:
        """What tenants plant beside free text: drawn values, and the places of all that is theirs."""
        for exchange in self.history.exchanges:
            if exchange.operation not in self._makers:
                continue
            head = self.marks.head(exchange.tenant)
            for place, value in places.leaves(places.parse(exchange.request_body)):
                name = places.name(place)
                if name in self.spaces and value not in (None, "") and not isinstance(value, bool):
                    where = f"{exchange.operation} {places.pattern(place)}"
                    self.drawn.own(exchange.tenant, at_place(name, value), exchange.number, where)
                    self._kind(place, canonical(value), exchange.tenant)
                elif isinstance(value, str) and head in value.lower():
                    self._kind(place, value.lower(), exchange.tenant)
        for name, space in self.spaces.items():
            if len(self.kinds.get(name, ())) * DISTINCTIVE_SPACE <= space:
                for value in self.kinds.get(name, ()):
                    if owned := self.drawn.owner(at_place(name, value)):
                        self.assigned.own(owned.tenant, value, owned.since, owned.place)

    def _kind(self, place: str, value: str, tenant: int) -> None:
        owners = self.kinds.setdefault(places.name(place), {})
        owners[value] = tenant if owners.get(value, tenant) == tenant else None

    def _shared_by_nature(self) -> set[str]:
        """What the control tenant sees, except in responses that themselves show somebody's marks."""
        control = {tenant.number for tenant in self.history.tenants if tenant.control}
        seen: set[bytes] = set()
        for exchange in self.history.exchanges:
            if exchange.tenant in control:
                everything = _together(self.decoded(exchange).texts)
                if not any(mark.genuine for mark in self.marks.foreign(bare(everything), exchange.tenant)):
                    seen |= _words(everything)
        return {word.decode("utf-8", "replace") for word in seen}


def _each_counts(values: Collection[set[str]]) -> bool:
    """Do tenants count for themselves at a place: are at least half of the values of most of them, and of two at least,
    others' too? One answer that went to two makes none of it."""
    having = Counter(value for of_one in values for value in of_one)
    several = [of_one for of_one in values if len(of_one) > 1]
    alike = [of_one for of_one in several if 2 * sum(having[value] > 1 for value in of_one) >= len(of_one)]
    return len(alike) > 1 and 2 * len(alike) >= len(several)


def _together(texts: tuple[Text, ...]) -> str:
    return "\0".join(text.text for text in texts)


def _words(text: str) -> set[bytes]:
    """The words of a text in lower case, put together again where they are written in groups."""
    found = words(raw := text.encode("utf-8", "surrogatepass"))
    if not text.isascii():
        # Full-width digits are digits; a soft hyphen or a zero-width space within a word is nothing.
        raw = unicodedata.normalize("NFKD", text).encode("ascii", "ignore")
        found |= words(raw)
    found |= regrouped(raw)
    return found | {word.strip(b"-") for word in found if word[:1] == b"-" or word[-1:] == b"-"}


def _says(text: str, value: str) -> bool:
    return value.lower() in text or value.lower().encode() in bare(text)


def canonical(value: object) -> str:
    """A value as the ledger knows it, however it is written: a time to the second (20260105100000), an amount without
    separators and trailing zeros (1234.5), of everything else letters and digits."""
    text = str(value).strip()
    if match := _TIME.match(text):
        return "".join(match.groups())
    if match := _AMOUNT.fullmatch(text):
        whole, fraction = match.group(1).replace(",", ""), (match.group(2) or "").rstrip("0")
        return f"{whole}.{fraction}" if fraction else whole
    return bare(text).decode()


def at_place(name: str, value: object) -> str:
    """A value at places of a name, as `Ledger.drawn` knows it."""
    return f"{name}\0{canonical(value)}"


def distinctive(value: str) -> bool:
    """Could no two tenants have it by chance? One word of at least 10 characters, with at least two letters and
    four digits in it; times, which have one or two letters, are not."""
    return _DISTINCTIVE.fullmatch(value) is not None and _TIME.match(value) is None


def shares(policy: Policy, operation: str, place: str) -> bool:
    """Is what an operation's responses show there everyone's, by policy?"""
    return any(each.operation == operation and each.place and places.fits(place, each.place) for each in policy.shared)


def id_places(exchange: Exchange, pattern: str) -> list[tuple[str, str]]:
    """Places and ids (whole numbers without a fraction) that a response shows, or by its policy stands for."""
    if pattern.startswith(("path:", "header:")):
        return _named_ids(exchange, pattern)
    found = places.find(places.parse(exchange.body), pattern)
    return [(place, normal_id(value)) for place, value in found if value not in (None, "")]


def _named_ids(exchange: Exchange, pattern: str) -> list[tuple[str, str]]:
    """The id that an answer with success stands for without repeating it."""
    where, _, which = pattern.partition(":")
    if not exchange.succeeded:
        return []
    path = exchange.url.partition("?")[0] if where == "path" else exchange.header(which).partition("?")[0]
    segments = path.rstrip("/").split("/")
    index = int(which) if where == "path" else 1
    said = urllib.parse.unquote(segments[-index]) if index <= len(segments) else ""
    return [(pattern, id_) for id_ in re.split("[;,]", said) if id_]


def parent(resource: Resource, exchange: Exchange) -> str:
    """The path of what the ids in an exchange are unique in, "" where they need no such thing."""
    own = resource.within.get(exchange.operation)
    return exchange.url.partition("?")[0].rstrip("/").rsplit("/", own)[0] if own else ""


def normal_id(value: object) -> str:
    """An id as text; 7.0 and 7 are one id."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sent_text(exchange: Exchange) -> str:
    """All that a request says, in lower case, percent-escapes resolved as often as they nest."""
    url, before = exchange.url, ""
    while url != before:
        before, url = url, urllib.parse.unquote(url)
    headers = " ".join(value for _, value in exchange.request_headers)
    return f"{url} {headers} {exchange.request_body.decode('utf-8', 'replace')}".lower()


def id_patterns(resource: Resource, operation: str) -> Iterator[str]:
    """Where an operation's successful responses show ids of a kind of object."""
    for patterns in (resource.made, resource.shown, resource.changed, resource.removed):
        if operation in patterns and not patterns[operation].startswith(("path:", "header:")):
            yield patterns[operation]
    yield from (listing.ids for listing in resource.listed if listing.operation == operation)
