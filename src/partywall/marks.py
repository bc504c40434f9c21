"""Marks: values that tenants plant and that name their owner.

A mark is 21 letters and digits: a fixed prefix of digits, then tenant, serial and a tag keyed with the
run's key, in Crockford's base 32 (https://www.crockford.com/base32.html), which reads the same in
upper and lower case and has no I, L, O or U. Whoever has the key recognises a mark, its owner and a
forgery without a table, so the cost of a scan does not grow with the number of tenants.

The prefix has digits only, since it is then one literal in either case and a compiled ``re`` finds it
at memchr speed; it has no border (no proper prefix that is also a suffix), so that a false start
can't hide a mark that begins inside it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "5077"
TENANT_CHARS, SERIAL_CHARS, TAG_CHARS = 7, 4, 6
LENGTH = len(PREFIX) + TENANT_CHARS + SERIAL_CHARS + TAG_CHARS
TENANTS = 32**TENANT_CHARS
SERIALS = 32**SERIAL_CHARS

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {char: index for index, char in enumerate(_ALPHABET)}
_BODY_CHARS = LENGTH - len(PREFIX)
_MARK = re.compile(rb"%s(?=([0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{%d}))" % (PREFIX.encode(), _BODY_CHARS))


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as found. ``genuine`` is False when the tag doesn't fit the key: a forgery, or another key's."""

    text: str
    tenant: int
    serial: int
    genuine: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """Mints and recognises the marks of one key.

    The same key, tenant and serial give the same mark, in every process.
    """

    key: bytes

    def mint(self, tenant: int, serial: int) -> str:
        """The mark of a tenant's value; 21 characters, lower case."""
        if not 0 <= tenant < TENANTS or not 0 <= serial < SERIALS:
            raise ValueError(
                f"a mark takes a tenant below {TENANTS} and a serial below {SERIALS}; "
                f"came tenant {tenant}, serial {serial}"
            )
        owner = _encode(tenant, TENANT_CHARS) + _encode(serial, SERIAL_CHARS)
        return PREFIX + owner + self._tag(owner)

    def find(self, text: bytes) -> Iterator[Mark]:
        """All marks in ``text``, in order, overlapping ones included."""
        for match in _MARK.finditer(text):
            yield self._read(match.group(1))

    def foreign(self, text: bytes, viewer: int) -> Iterator[Mark]:
        """Marks of others than ``viewer``. The viewer's own are passed over before their tag is
        computed: they are nearly all there is."""
        own = _encode(viewer, TENANT_CHARS).encode()
        for match in _MARK.finditer(text):
            body = match.group(1)
            if body[:TENANT_CHARS].lower() != own:
                yield self._read(body)

    def _read(self, body: bytes) -> Mark:
        text = body.decode("ascii").lower()
        owner, tag = text[: TENANT_CHARS + SERIAL_CHARS], text[TENANT_CHARS + SERIAL_CHARS :]
        return Mark(
            text=PREFIX + text,
            tenant=_decode(owner[:TENANT_CHARS]),
            serial=_decode(owner[TENANT_CHARS:]),
            genuine=tag == self._tag(owner),
        )

    def _tag(self, owner: str) -> str:
        digest = hashlib.blake2s(owner.encode(), key=self.key, digest_size=4).digest()
        return _encode(int.from_bytes(digest) >> 2, TAG_CHARS)


def derive(key: bytes, *names: str) -> bytes:
    """A key of 16 bytes for a part of a run, from the run's key and the part's names."""
    return hashlib.blake2s("\0".join(names).encode(), key=key, digest_size=16).digest()


def _encode(number: int, width: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(width)))


def _decode(text: str) -> int:
    number = 0
    for char in text:
        number = number << 5 | _VALUE[char]
    return number
