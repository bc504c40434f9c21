"""From a history to the programme that would bring it about again.

A literal value of a request that an earlier response showed becomes a bound value: an id at one of the
policy's places, a page token, a distinctive value that the service assigned. Whole numbers are only
taken for ids where they stand alone, and outside of paths only under a key that names an id.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall import places
from partywall.ledger import distinctive, id_patterns, id_places, normal_id, sent_text
from partywall.marks import Marks
from partywall.model import LISTENS
from partywall.program import OPERATOR, Account, Answered, Bound, Program, Role, Source, Step, Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange, History
    from partywall.policy import Policy

PERCENT_MAX = 2

# What parts the words of a URL or a header, bare or percent-encoded, however often.
_DELIMITER = re.compile(r"""([/?&=;,:"'\s]|%(?:25)*(?:2[Ff]|3[BbAaDdFf]|2[CcBb267]|20))""")
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,}")
_JSON_SCALAR = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|(-?\d+)(?![\d.eE])|-?\d+[.\d]*(?:[eE][-+]?\d+)?')
_ID_KEY = re.compile(r"(?i)(?:ids?|identifiers?|uuids?|guids?|refs?|references?)$")
_NUMBER = re.compile(r"-?\d+")
_TOGETHER = re.compile(r"together:(\d+)$")
_HANG_UP = re.compile(r"hang-up:([\d.]+)$")
_SLOW_UPSTREAM = re.compile(r"slow-upstream:([\d.]+)$")
_OPENS = re.compile(r"opens:(\d+)$")

_MADE, _SHOWN, _TOKEN, _ASSIGNED = range(4)


def program_of(history: History, policy: Policy, base_path: str, operator_path: str = "") -> Program:
    """All that happened in a history, as a programme whose steps have the exchanges' numbers.

    Args:
        base_path: path of the service's base URL, which recorded URLs begin with.
        operator_path: the same of the operator's interface.
    """
    binder = _Binder(history, policy)
    roles = tuple(Role(t.label, t.number, t.name, t.label) for t in history.tenants)
    steps = tuple(
        binder.step(exchange, operator_path if exchange.session.endswith(f"/{OPERATOR}") else base_path)
        for exchange in history.exchanges
    )
    everything = Program(roles, steps)
    return everything.keep({step.number for step in steps})


@dataclass(frozen=True, slots=True)
class _Known:
    rank: int
    tenant: int
    returned_ns: int
    path: list[str]
    key: str
    source: Source


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where in a request a text stands.

    Attributes:
        key: the name it stands under; None in paths and headers, where a bare number may be an id without
            being called one.
        escaped: how often it is percent-encoded at least, though this value may have had no need of it.
    """

    exchange: Exchange
    key: str | None = None
    escaped: int = 0


class _Binder:
    """Knows which response first showed which value."""

    def __init__(self, history: History, policy: Policy) -> None:
        self._history = history
        self._policy = policy
        self._marks = Marks(history.key)
        self._accounts = {account: Account(history.label(tenant)) for tenant, account in history.accounts if account}
        self._known: dict[str, list[_Known]] = defaultdict(list)
        for exchange in history.exchanges:
            path = _path(exchange)
            for rank, place, value in self._values(exchange):
                source = Answered(exchange.number, place)
                key = place.rpartition("/")[2].lower()
                known = _Known(rank, exchange.tenant, exchange.returned_ns, path, key, source)
                self._known[value].append(known)
        patterns = [
            pattern
            for resource in policy.resources
            for mapping in (resource.made, resource.shown, resource.changed, resource.removed)
            for pattern in mapping.values()
        ]
        self._id_keys = {pattern.rpartition("/")[2].lower() for pattern in patterns}
        self._id_keys |= {listing.cursor.lower() for resource in policy.resources for listing in resource.listed}

    def step(self, exchange: Exchange, base_path: str) -> Step:
        """An exchange's request with its values bound."""
        content = {name.lower(): value for name, value in exchange.request_headers}.get("content-type", "")
        try:
            body, binary = exchange.request_body.decode("utf-8"), b""
        except UnicodeDecodeError:
            body, binary = "", exchange.request_body
        session = exchange.session.rpartition("/")[2]
        return Step(
            number=exchange.number,
            role=self._history.label(exchange.tenant),
            session=None if session == OPERATOR else int(session) if session.isdigit() else 0,
            operation=exchange.operation,
            method=exchange.method,
            url=_joined(self._url(exchange.url.removeprefix(base_path), exchange)),
            headers=tuple(
                (name, _joined(self._piece(value, _Spot(exchange)))) for name, value in exchange.request_headers
            ),
            body=_joined((self._query if "form-urlencoded" in content else self._json)(body, exchange)),
            binary=binary,
            group=next((int(m[1]) for p in exchange.provocations if (m := _TOGETHER.match(p))), None),
            hang_up_ms=next((float(m[1]) for p in exchange.provocations if (m := _HANG_UP.match(p))), None),
            slow_upstream_ms=next((float(m[1]) for p in exchange.provocations if (m := _SLOW_UPSTREAM.match(p))), 0.0),
            opens=next((int(m[1]) for p in exchange.provocations if (m := _OPENS.match(p))), None),
            listens=LISTENS in exchange.provocations,
            succeeded=exchange.succeeded,
        )

    def _values(self, exchange: Exchange) -> Iterator[tuple[int, str, str]]:
        """Rank, place and text of the values that a response shows first-hand."""
        seen: set[str] = set()
        document = places.parse(exchange.body)
        for resource in self._policy.resources:
            made = resource.made.get(exchange.operation)
            for pattern in id_patterns(resource, exchange.operation):
                for place, value in id_places(exchange, pattern):
                    yield (_MADE if pattern == made else _SHOWN), place, value
                    seen.add(place)
            for listing in resource.listed:
                if listing.operation == exchange.operation and listing.token:
                    for place, token in places.find(document, listing.token):
                        if token not in (None, ""):
                            yield _TOKEN, place, normal_id(token)
                            seen.add(place)
        for log_in in self._policy.log_ins:
            if log_in.operation == exchange.operation and log_in.id:
                for place, named in places.find(document, log_in.id):
                    yield _MADE, place, normal_id(named)
                    seen.add(place)
        sent = sent_text(exchange)
        for place, leaf in places.leaves(document):
            if place in seen or not isinstance(leaf, str) or not distinctive(leaf):
                continue
            if leaf.lower() not in sent and not any(self._marks.find(leaf.encode())):
                yield _ASSIGNED, place, leaf

    def _source(self, value: str, spot: _Spot) -> Source | None:
        """Where a request could have had a value from: its maker if known, else who showed it first; for page
        tokens, which repeat, the caller's own latest page. Kinds of objects may count alike: of two makers
        it is the one whose key or path is more like where the value stands."""
        at = spot.exchange
        candidates = [known for known in self._known.get(value, ()) if known.returned_ns <= at.called_ns]
        if not candidates:
            return self._accounts.get(value)
        path = _path(at)

        def order(known: _Known) -> tuple[bool, bool, int, int, bool, int]:
            return (
                known.rank != _MADE,
                spot.key is not None and known.key != spot.key.lower(),
                -_common(known.path, path),
                known.rank,
                known.tenant != at.tenant,
                -known.returned_ns if known.rank == _TOKEN else known.returned_ns,
            )

        return min(candidates, key=order).source

    def _whole(self, raw: str, spot: _Spot) -> Bound | None:
        """The bound value that all of a raw text stands for."""
        if spot.key is not None and _NUMBER.fullmatch(raw) and not self._names_an_id(spot.key):
            return None
        value = raw
        for percent in range(PERCENT_MAX + 1):
            if source := self._source(value, spot):
                escaped = max(percent, spot.escaped)
                special = {char for char in value if not char.isalnum()}
                return Bound(source, escaped, "".join(sorted(special & set(raw))) if escaped else "")
            before, value = value, urllib.parse.unquote(value)
            if value == before:
                break
        return None

    def _names_an_id(self, key: str) -> bool:
        return key.lower() in self._id_keys or _ID_KEY.search(key) is not None

    def _url(self, url: str, at: Exchange) -> Iterator[str | Bound]:
        path, mark, query = url.partition("?")
        for index, segment in enumerate(path.split("/")):
            yield "/" if index else ""
            yield from self._piece(segment, _Spot(at, escaped=1))
        yield mark
        yield from self._query(query, at)

    def _query(self, query: str, at: Exchange) -> Iterator[str | Bound]:
        for index, pair in enumerate(query.split("&")):
            name, equals, value = pair.partition("=")
            yield ("&" if index else "") + name + equals
            yield from self._piece(value, _Spot(at, name, escaped=1))

    def _json(self, body: str, at: Exchange) -> Iterator[str | Bound]:
        """JSON is left as it was written; only its scalars are looked at. Other texts go through word by word."""
        end, key = 0, ""
        for match in _JSON_SCALAR.finditer(body):
            text, colon, number = match.groups()
            if colon:
                key = text
                continue
            raw = text if text is not None else number
            # A value that JSON has to escape could not be written back as it came.
            if not raw or "\\" in raw:
                continue
            group = 1 if text is not None else 3
            yield body[end : match.start(group)]
            end = match.end(group)
            yield from self._piece(raw, _Spot(at, key))
        yield body[end:]

    def _piece(self, raw: str, spot: _Spot) -> Iterator[str | Bound]:
        """A raw text, as a whole or word by word."""
        if raw and (bound := self._whole(raw, spot)):
            yield bound
            return
        for part in _DELIMITER.split(raw):
            if part and (bound := self._whole(part, spot)):
                yield bound
            else:
                yield from self._words(part, spot)

    def _words(self, text: str, spot: _Spot) -> Iterator[str | Bound]:
        end = 0
        for match in _WORD.finditer(text):
            if distinctive(match.group()) and (source := self._source(match.group(), spot)):
                yield text[end : match.start()]
                yield Bound(source)
                end = match.end()
        yield text[end:]


def _path(exchange: Exchange) -> list[str]:
    return exchange.url.partition("?")[0].split("/")


def _common(one: list[str], other: list[str]) -> int:
    """How many leading segments two paths share."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _joined(parts: Iterator[str | Bound]) -> Template:
    """Neighbouring texts as one."""
    found: list[str | Bound] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)
