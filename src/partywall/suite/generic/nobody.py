"""Ids that nobody has, in the form of one that somebody has: a service may refuse an id for its form alone."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

_FAR = 1_000_000
_APART = 1_000
_CHANGED = 12
"""Characters. Of UUIDs and ULIDs the last so many are chance; version, variant and time stand before them."""
_COUNTED = 5
"""Digits. Numbers that are no longer may be a counter's, which may get to any other as short."""
_WIDE = 8
_TRIES = 200
_HEX, _LETTERS, _DIGITS = "abcdef", "abcdefghjkmnpqrst", "234567"
"""Letters and digits that every usual alphabet has: Crockford's, RFC 4648's, base58."""


def unlike(id_: Any, round_: int, taken: Collection[str], key: bytes) -> Any:
    """An id of the same form that is none of those.

    Of text, length, case and what stands before the last "_" or "-" stay, and letters and digits where they are: only
    numbers of a few digits become longer, like numbers that are no text, unless zeros before them tell their width.

    Args:
        round_: differs in what is asked for at different times. taken: ids in lower case. key: the run's.
    """
    if isinstance(id_, int):
        return id_ + _FAR + _APART * round_
    head, tail = _parts(id_)
    for attempt in range(_TRIES):
        step = round_ + attempt
        other = head + (_number(tail, step) if tail.isdecimal() else _text(tail, f"{step} {id_}", key))
        if other.lower() not in taken:
            return other
    return id_ + hashlib.blake2s(f"{round_} {id_}".encode(), key=key[:32]).hexdigest()[:_CHANGED]


def _parts(id_: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*[_-])?([^_-]*[0-9A-Za-z][^_-]*)", id_, re.DOTALL)
    return (found[1] or "", found[2]) if found else ("", id_)


def _number(tail: str, step: int) -> str:
    width, number, far = len(tail), int(tail), _FAR + _APART * step
    if width <= _COUNTED and not tail.startswith("0"):
        return str(number + far)
    if width < _WIDE:
        return str(10**width - 2 - step)[-width:]
    changed = number + far
    return str(changed if changed < 10**width else number - far).zfill(width)


def _text(tail: str, seed: str, key: bytes) -> str:
    chance = hashlib.blake2s(seed.encode(), key=key[:32], digest_size=_CHANGED).digest()
    letters = _HEX if re.fullmatch(r"[^g-z]*", tail, re.IGNORECASE) else _LETTERS
    start = max(0, len(tail) - _CHANGED)
    return tail[:start] + "".join(_like(old, byte, letters) for old, byte in zip(tail[start:], chance, strict=False))


def _like(old: str, byte: int, letters: str) -> str:
    if old.isascii() and old.isdigit():
        return _DIGITS[byte % len(_DIGITS)]
    if not (old.isascii() and old.isalpha()):
        return old
    new = letters[byte % len(letters)]
    return new.upper() if old.isupper() else new
