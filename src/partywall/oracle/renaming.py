"""Which value of one twin stands for which of the other: the renaming up to which their observations are equal.

Four kinds of values are renamed: marks, names and accounts, which are the twins' own; the words of their requests,
which are what they did; ids at the places that the policy declares; and long values of many digits, which services
assign (tracking numbers, UUIDs). Ids and assigned values are bound one to one, so that their order counts. A short
number anywhere else is bound to nothing: it may be a count.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from partywall.ledger import id_patterns, id_places, sent_text
from partywall.marks import Marks

if TYPE_CHECKING:
    from partywall.model import Exchange, History
    from partywall.policy import Policy

_WORD = re.compile(r"[\w-]+|[^\w\s]")
_PART = re.compile(r"\d+|[^\W\d_]+")
_ASSIGNED = re.compile(r"(?=(?:[^0-9]*[0-9]){4})[0-9A-Za-z-]{8,}")
_AMOUNT = re.compile(r"\d+\.\d+")
_ANY = "value"
_Ids = dict[str, dict[str, str]]
"""Place -> kind of id -> the id: what is made at once may have one id, like a checkout and its labels."""


def words(text: str) -> list[str]:
    """The words of a text, and every other character that is no space."""
    return _WORD.findall(text)


class Renaming:
    """Grows with the twins' exchanges, which are told to it in pairs and in order.

    Args:
        left, right: history and number of each twin.
    """

    def __init__(self, policy: Policy, left: tuple[History, int], right: tuple[History, int]) -> None:
        self._policy = policy
        self._twins = (left, right)
        self._forward: dict[tuple[str, str], str] = {}
        self._backward: dict[tuple[str, str], str] = {}
        self._spoken: set[tuple[str, str]] = set()
        self._ids: tuple[_Ids, _Ids] = ({}, {})
        self.growth = 0

    def requests(self, left: Exchange, right: Exchange) -> None:
        """What both sent: word for word, it is their own doing, however a service writes the dates and amounts."""
        sent = [self.plain(sent_text(e), side) for side, e in enumerate((left, right))]
        for texts in (sent, [_AMOUNT.sub(_in_hundredths, text) for text in sent]):
            ours, theirs = map(words, texts)
            different = (
                [(a, b) for a, b in zip(ours, theirs, strict=False) if a != b] if len(ours) == len(theirs) else []
            )
            self._spoken.update(different)
            for parts in (map(_PART.findall, pair) for pair in different):
                self._spoken.update(zip(*parts, strict=False))

    def responses(self, left: Exchange, right: Exchange) -> None:
        """What both got: from now on it is known which places hold ids."""
        self._ids = (self._kinds(left), self._kinds(right))
        for (place, kinds), (other, same) in zip(self._ids[0].items(), self._ids[1].items(), strict=False):
            if place == other:
                self._bind_all(kinds, same)

    def plain(self, text: str, side: int) -> str:
        """A text of one twin (0 left, 1 right) as if it were nobody's: marks, name and account by what they are."""
        history, tenant = self._twins[side]
        account = dict(history.accounts).get(tenant, "")
        for value, word in ((history.by_number[tenant].name, "its-name"), (account, "its-account")):
            if value:  # in a document a line may end anywhere in it
                text = re.sub(r"\s+".join(map(re.escape, value.split())), word, text, flags=re.IGNORECASE)
        return _without_marks(text, Marks(history.key), tenant)

    def same(self, left: str, right: str, places: tuple[str, str] | None = None) -> bool:
        """Does a word stand for the other? ``places``: where in the body's document they are the whole value."""
        if places:
            ours, theirs = self._ids[0].get(places[0]), self._ids[1].get(places[1])
            if ours and theirs and ours.keys() == theirs.keys():
                return self._bind_all(ours, theirs)
        if left == right or (left, right) in self._spoken or self._known(left, right):
            return True
        if _ASSIGNED.fullmatch(left) and _ASSIGNED.fullmatch(right):
            return self._bind(_ANY, left, right)
        parts = list(zip(_PART.findall(left), _PART.findall(right), strict=False))
        shape = _PART.sub("0", left)
        return len(parts) > 1 and shape == _PART.sub("0", right) and all(self.same(a, b) for a, b in parts)

    def sizes(self, left: str, right: str) -> bool:
        """May the one be as long as the other? What seals an id in base64 grows with it, by 4 characters for 3."""
        return abs(len(left) - len(right)) <= 4 * math.ceil((self.growth + 2) / 3)

    def _bind_all(self, left: dict[str, str], right: dict[str, str]) -> bool:
        bound = [self._bind(kind, left[kind], right[kind]) for kind in left.keys() & right.keys()]
        return all(bound)

    def _bind(self, kind: str, left: str, right: str) -> bool:
        if (kind, left) not in self._forward and (kind, right) not in self._backward:
            self._forward[kind, left], self._backward[kind, right] = right, left
            self.growth = max(self.growth, abs(len(left) - len(right)))
        return self._forward.get((kind, left)) == right and self._backward.get((kind, right)) == left

    def _known(self, left: str, right: str) -> bool:
        kinds = (_ANY, *(f"{resource.kind} id" for resource in self._policy.resources))
        return any(self._forward.get((kind, left)) == right for kind in kinds)

    def _kinds(self, exchange: Exchange) -> _Ids:
        ids: _Ids = {}
        for resource in self._policy.resources:
            for pattern in id_patterns(resource, exchange.operation):
                for place, value in id_places(exchange, pattern):
                    ids.setdefault(place, {})[f"{resource.kind} id"] = value
        return ids


def _in_hundredths(amount: re.Match[str]) -> str:
    return f"{Decimal(amount[0]):.2f}"


def _without_marks(text: str, marks: Marks, tenant: int) -> str:
    data = text.encode("utf-8", "surrogatepass")
    lower = data.lower()
    parts, end = [], 0
    for mark in marks.find(data):
        at = lower.find(mark.text.encode(), end)
        if mark.genuine and mark.tenant == tenant and at >= 0:
            parts += [data[end:at], b" mark%d " % mark.serial]
            end = at + len(mark.text)
    return b"".join([*parts, data[end:]]).decode("utf-8", "surrogatepass")
