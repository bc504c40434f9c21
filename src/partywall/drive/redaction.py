"""Takes credentials out of texts, at the speed of a load.

A text in which no credential stands, as nearly always, costs one search for all of them at once; the search is prepared
anew only now and then, as credentials are learned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import ahocorasick_rs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    _Headers = tuple[tuple[str, str], ...]

LOOSE_MAX = 4
"""So many credentials are looked for one by one: fewer than this are found sooner so than by preparing a search."""

REMEMBERED_MAX = 4096


class Redaction:
    """The credentials of a trial and their pseudonyms. Safe in threads, but for learning, which is for one at a time.

    Args:
        names: credential -> its pseudonym.
    """

    def __init__(self, names: Mapping[bytes, bytes]) -> None:
        self._names = dict(names)
        self._known = _prepared(_Known((), tuple(self._names)))
        self._remembered: dict[_Headers, _Headers] = {}

    def __contains__(self, secret: bytes) -> bool:
        return secret in self._names

    def learn(self, secret: bytes, name: bytes) -> None:
        """Replace a credential by this pseudonym from now on."""
        self._names[secret] = name
        self._known = _prepared(self._known._replace(loose=(*self._known.loose, secret)))
        self._remembered = {}

    def shown(self, data: bytes) -> list[bytes]:
        """The credentials that stand in a text, the longest first."""
        sought, loose, search = self._known
        found = [secret for secret in loose if secret in data]
        if search is not None and (matches := search.find_matches_as_indexes(data, overlapping=True)):
            found += [sought[index] for index in {index for index, _, _ in matches}]
        return sorted(found, key=lambda secret: (-len(secret), secret)) if len(found) > 1 else found

    def clean(self, data: bytes) -> bytes:
        """The text with pseudonyms for credentials; a longer one first, since it may hold a shorter one."""
        for secret in self.shown(data):
            data = data.replace(secret, self._names[secret])
        return data

    def clean_text(self, text: str) -> str:
        """The same of a string."""
        data = encoded(text)
        cleaned = self.clean(data)
        return text if cleaned is data else cleaned.decode("utf-8", "surrogateescape")

    def pseudonyms(self, headers: _Headers) -> _Headers:
        """(Header's name in lower case, pseudonym) of each credential that headers carry."""
        remembered = self._remembered
        found = remembered.get(headers)
        if found is None:
            named = (
                (name.lower(), self._names[secret].decode())
                for name, value in headers
                for secret in self.shown(encoded(value))
            )
            found = tuple(dict.fromkeys(named))
            if len(remembered) < REMEMBERED_MAX:
                remembered[headers] = found
        return found


class _Known(NamedTuple):
    """What is looked for: by one search, and one by one. Exchanged as a whole, so that readers see either."""

    sought: tuple[bytes, ...]
    loose: tuple[bytes, ...]
    search: ahocorasick_rs.BytesAhoCorasick | None = None

    def __repr__(self) -> str:
        return type(self).__name__  # all else is credentials


def _prepared(known: _Known) -> _Known:
    # A search over n credentials is made anew when a share of n has come: its cost, spread over them, stays even.
    if len(known.loose) <= LOOSE_MAX + len(known.sought) // 8:
        return known
    everything = known.sought + known.loose
    return _Known(everything, (), ahocorasick_rs.BytesAhoCorasick(everything))


def encoded(text: str) -> bytes:
    """A string as bytes, whatever it was decoded from."""
    return text.encode("utf-8", "surrogateescape")


def together(parts: Iterable[str]) -> bytes:
    """Strings as one text to look through: what stands in it and has no NUL stands in one of them."""
    return encoded("\0".join(parts))
