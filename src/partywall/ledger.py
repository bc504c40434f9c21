"""Which tenant owns which value.

Marks name their owner by themselves. What a service assigns (ids, tracking numbers) is learned from the
responses that make objects, and from the places that the policy declares. Of a place that the policy
declares, whoever was shown a value first owns it. Elsewhere a value that two tenants were assigned is the service's
vocabulary, or a counter of each tenant's own: no evidence.
"""

from __future__ import annotations

import functools
import re
import urllib.parse
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from partywall import places
from partywall.decode import Decoded, decode
from partywall.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange, History
    from partywall.policy import Policy, Resource

# Letters, digits and hyphens: UUIDs, tracking numbers, opaque ids. Dots and underscores part words.
_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{9,}")
_DISTINCTIVE = re.compile(r"(?=(?:[^0-9]*[0-9]){4})(?=(?:[^A-Za-z]*[A-Za-z]){2})[0-9A-Za-z][0-9A-Za-z-]{9,}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT")


@dataclass(frozen=True, slots=True)
class Owned:
    """A value's owner and the exchange since which it has had it."""

    tenant: int
    since: int


@dataclass(frozen=True)
class Ledger:
    """What a history tells about owners.

    Attributes:
        ids: (kind of object, id) -> owners, for ids that are unique across tenants.
        assigned: distinctive value in lower case -> owner.
    """

    history: History
    policy: Policy
    marks: Marks
    ids: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    assigned: dict[str, Owned] = field(default_factory=dict)
    _decoded: dict[int, Decoded] = field(default_factory=dict)

    @classmethod
    def of(cls, history: History, policy: Policy) -> Ledger:
        """Learn the owners from a history."""
        ledger = cls(history, policy, Marks(history.key))
        ledger._learn()
        return ledger

    def decoded(self, exchange: Exchange) -> Decoded:
        """The texts of an exchange's response, decoded once."""
        if exchange.number not in self._decoded:
            self._decoded[exchange.number] = decode(exchange)
        return self._decoded[exchange.number]

    def owner_of_token(self, token: str) -> Owned | None:
        """Who was assigned a distinctive value."""
        return self.assigned.get(token.lower())

    def sent(self, exchange: Exchange, value: str) -> bool:
        """Did this request carry the value itself? Then its answer may repeat it."""
        return value.lower() in sent_text(exchange)

    def stored(self, viewer: int, value: str, before_ns: int) -> bool:
        """Has the viewer itself had the value stored, in a request called before that moment?"""
        return any(called < before_ns and value.lower() in text for called, text in self._stored.get(viewer, ()))

    def since(self, mark: str, owner: int) -> int | None:
        """The exchange in which the owner first sent a mark."""
        return self._planted.get((owner, mark))

    @cached_property
    def _stored(self) -> dict[int, list[tuple[int, str]]]:
        makers = {operation for resource in self.policy.resources for operation in resource.made}
        found = defaultdict(list)
        for exchange in self.history.exchanges:
            if exchange.operation in makers:
                found[exchange.tenant].append((exchange.called_ns, sent_text(exchange)))
        return found

    @cached_property
    def _planted(self) -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        for exchange in self.history.exchanges:
            for mark in self.marks.find(sent_text(exchange).encode()):
                if mark.tenant == exchange.tenant:
                    found.setdefault((mark.tenant, mark.text), exchange.number)
        return found

    def _learn(self) -> None:
        tenants_of: dict[str, set[int]] = defaultdict(set)
        first: dict[str, Owned] = {}
        for exchange in sorted(self.history.exchanges, key=lambda e: e.returned_ns):
            if not exchange.succeeded:
                continue
            for resource in self.policy.resources:
                if pattern := resource.made.get(exchange.operation):
                    for _, value in id_places(exchange, pattern):
                        owners = self.ids.setdefault((resource.kind, value), {})
                        owners.setdefault(exchange.tenant, exchange.number)
            for token, declared in self._assigned_tokens(exchange):
                owned = first.setdefault(token, Owned(exchange.tenant, exchange.number))
                if declared:
                    self.assigned.setdefault(token, owned)
                else:
                    tenants_of[token].add(exchange.tenant)
        common = self._shared_by_nature()
        for token, tenants in tenants_of.items():
            if len(tenants) == 1 and token not in common:
                self.assigned.setdefault(token, first[token])

    def _assigned_tokens(self, exchange: Exchange) -> Iterator[tuple[str, bool]]:
        """Values that a response assigns to its viewer, and whether the policy says that they are nobody else's."""
        patterns = [pattern for operation, pattern in self.policy.assigned if operation == exchange.operation]
        makes = any(exchange.operation in resource.made for resource in self.policy.resources)
        if not patterns and not makes:
            return
        sent = sent_text(exchange)
        for place, value in places.leaves(places.parse(exchange.body)):
            if not isinstance(value, str) or not distinctive(value):
                continue
            declared = any(places.fits(place, pattern) for pattern in patterns)
            token = value.lower()
            if (makes or declared) and token not in sent and not any(self.marks.find(token.encode())):
                yield token, declared

    def _shared_by_nature(self) -> set[str]:
        """What the control tenant sees, except in responses that themselves show somebody's marks."""
        control = {tenant.number for tenant in self.history.tenants if tenant.control}
        seen: set[str] = set()
        for exchange in self.history.exchanges:
            if exchange.tenant in control:
                texts = [text.text for text in self.decoded(exchange).texts]
                if not any(self._genuine_foreign(text, exchange.tenant) for text in texts):
                    seen.update(token for text in texts for token in tokens(text))
        return seen

    def _genuine_foreign(self, text: str, viewer: int) -> bool:
        return any(mark.genuine for mark in self.marks.foreign(text.encode(), viewer))


@functools.lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """The distinctive words of a text, in lower case. Remembered: headers and fields repeat all the time."""
    return tuple(word.lower() for word in _TOKEN.findall(text) if distinctive(word))


def distinctive(value: str) -> bool:
    """Could no two tenants have it by chance? One word of at least 10 characters, with at least two letters and
    four digits in it; times, which have one or two letters, are not."""
    return _DISTINCTIVE.fullmatch(value) is not None and _TIME.match(value) is None


def id_places(exchange: Exchange, pattern: str) -> list[tuple[str, str]]:
    """Places and ids (whole numbers without a fraction) that a response shows."""
    found = places.find(places.parse(exchange.body), pattern)
    return [(place, normal_id(value)) for place, value in found if value not in (None, "")]


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
        if operation in patterns:
            yield patterns[operation]
    yield from (listing.ids for listing in resource.listed if listing.operation == operation)
