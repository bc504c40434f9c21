"""An index of owned values: which tenant a word belongs to, without knowing in advance where it will show.

A value is added in constant time, and looking costs as much for a million values as for ten: the words of a text
are looked up as a set. What two tenants own is nobody's: the service's vocabulary, a counter of each tenant's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

TENANT_BITS, SINCE_BITS = 36, 40
GROUPED_CHARS_MIN, GROUPED_CHARS_MAX, GROUPS_MAX = 10, 64, 12
_TENANT = (1 << TENANT_BITS) - 1
_SHARED, _FOR_GOOD = 1 << TENANT_BITS, 2 << TENANT_BITS
_FLAGS = _SHARED | _FOR_GOOD
_SINCE_AT = TENANT_BITS + 2
_PLACE_AT = _SINCE_AT + SINCE_BITS

# Words are letters, digits and hyphens (UUIDs, tracking numbers); everything else parts them.
_WORD_BYTES = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if byte < 128 and (chr(byte).isalnum() or byte == 45) else 32
    for byte in range(256)
)
# Spaces and hyphens part the groups of a word, anything else parts words for good.
_GROUP_BYTES = bytes(
    32 if chr(byte) in " -\t\r\n" else 10 if _WORD_BYTES[byte] == 32 else _WORD_BYTES[byte] for byte in range(256)
)
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Owned:
    """A value's owner, the exchange since which it has had it, and where that showed: operation and place."""

    tenant: int
    since: int
    place: str = ""


class Foreign(NamedTuple):
    """A word that belongs to another than the viewer."""

    value: str
    owned: Owned


class Values:
    """Value in lower case -> owner. Keys are bytes and each entry one number, to hold a million in little memory."""

    __slots__ = ("_entries", "_place_numbers", "_places")

    def __init__(self) -> None:
        self._entries: dict[bytes, int] = {}
        self._places = [""]
        self._place_numbers = {"": 0}

    def own(self, tenant: int, value: str, since: int = 0, place: str = "", *, for_good: bool = False) -> None:
        """Say that a tenant has a value, since an exchange.

        Another tenant that has it too makes it nobody's, unless somebody has it ``for_good``: then it is the first
        one's, and whoever else has it was shown it.
        """
        if not 0 <= tenant < _TENANT or not 0 <= since < 1 << SINCE_BITS:
            raise ValueError(
                f"an owner is a number below {_TENANT} and an exchange one below 2**{SINCE_BITS}; "
                f"came {tenant} and {since}"
            )
        key = value.lower().encode()
        entry = self._entries.get(key)
        if entry is None or entry & _TENANT == _TENANT:
            number = self._place_numbers.get(place)
            if number is None:
                number = self._place_numbers[place] = len(self._places)
                self._places.append(place)
            entry = number << _PLACE_AT | since << _SINCE_AT | ((entry or 0) & _FLAGS) | tenant
        elif entry & _TENANT != tenant:
            entry |= _SHARED
        self._entries[key] = entry | _FOR_GOOD if for_good else entry

    def share(self, value: str) -> None:
        """Say that a value is nobody's, now and later, unless somebody has it for good."""
        key = value.lower().encode()
        self._entries[key] = self._entries.get(key, _TENANT) | _SHARED

    def owner(self, value: str) -> Owned | None:
        """Whose a value is; None if nobody's or not known."""
        entry = self._entries.get(value.lower().encode())
        return None if entry is None or entry & _FLAGS == _SHARED else self._owned(entry)

    def foreign(self, body: bytes, viewer: int) -> list[Foreign]:
        """What of others' a raw body shows, word by word. Sees through letter case and JSON's escapes; what is
        encoded otherwise is for `decode`."""
        # What JSON's escapes stand for parts words nearly always: line breaks, quotes.
        return self.among(words(_ESCAPE.sub(b" ", body) if b"\\" in body else body), viewer)

    def known(self, found: AbstractSet[bytes]) -> frozenset[bytes]:
        """Of some words, those that are somebody's."""
        entries = self._entries
        return frozenset(word for word in found & entries.keys() if entries[word] & _FLAGS != _SHARED)

    def among(self, found: AbstractSet[bytes], viewer: int) -> list[Foreign]:
        """Of some words, those that belong to others than the viewer, in the alphabet's order."""
        entries = self._entries
        foreign = [word for word in found & entries.keys() if entries[word] & _TENANT != viewer]
        if not foreign:
            return []
        foreign = [word for word in foreign if entries[word] & _FLAGS != _SHARED]
        return [Foreign(word.decode(), self._owned(entries[word])) for word in sorted(foreign)]

    def shows_own(self, found: AbstractSet[bytes], viewer: int) -> bool:
        """Is one of the words somebody's, and that the viewer?"""
        entries = self._entries
        hits = (entries[word] for word in found & entries.keys())
        return any(entry & _TENANT == viewer and entry & _FLAGS != _SHARED for entry in hits)

    def __contains__(self, value: str) -> bool:
        return self.owner(value) is not None

    def __len__(self) -> int:
        return len(self._entries)

    def _owned(self, entry: int) -> Owned:
        since = entry >> _SINCE_AT & (1 << SINCE_BITS) - 1
        return Owned(entry & _TENANT, since, self._places[entry >> _PLACE_AT])


def words(text: bytes) -> set[bytes]:
    """The words of a text in lower case, hyphens in them included."""
    return set(text.translate(_WORD_BYTES).split())


def regrouped(text: bytes) -> set[bytes]:
    """Words that a text writes in groups ("TN 123 456 789 GB", one broken at the end of a line), put together again: in
    every way of joining neighbours of which each has a digit, but perhaps the first and the last."""
    found: set[bytes] = set()
    for line in set(text.translate(_GROUP_BYTES).split(b"\n")):
        if b" " in line and not line.isalpha():
            parts = line.split()
            plain = [part.isalpha() for part in parts]
            for first in range(len(parts) - 1):
                word = parts[first]
                for last in range(first + 1, min(first + GROUPS_MAX, len(parts))):
                    word += parts[last]
                    if len(word) >= GROUPED_CHARS_MIN:
                        found.add(word)
                    if plain[last] or len(word) > GROUPED_CHARS_MAX:
                        break
    return found
