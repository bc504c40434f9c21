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
_TENANT = (1 << TENANT_BITS) - 1
_SHARED, _FOR_GOOD = 1 << TENANT_BITS, 2 << TENANT_BITS
_FLAGS = _SHARED | _FOR_GOOD
_SINCE_AT = TENANT_BITS + 2
_PLACE_AT = _SINCE_AT + SINCE_BITS

# Words are letters, digits and hyphens (UUIDs, tracking numbers); everything else in ASCII parts them.
_WORD_BYTES = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if chr(byte).isalnum() or byte == 45 or byte >= 128 else 32
    for byte in range(128)
) + bytes(range(128, 256))
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
