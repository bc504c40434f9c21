"""Values that fit no mark, drawn from one: as likely as any other of their kind, and one tenant's alone.

Each is a function of a mark, and `SPACES` says out of how many its values are: what `Policy.drawn` wants to know.
"""

from __future__ import annotations

import hashlib

# Letters of postcodes by position (https://en.wikipedia.org/wiki/Postcodes_in_the_United_Kingdom#Validation).
_FIRST, _SECOND = "ABCDEFGHIJKLMNOPRSTUWYZ", "ABCDEFGHKLMNOPQRSTUVWXY"
_UNIT = "ABDEFGHJLNPQRSTUWXYZ"
_DISTRICTS, _SECTORS = 99, 10
_MONTHS, _DAYS, _SECONDS = 12, 28, 86_400
_DIGITS = 12
_PENCE_MIN, _PENCE_MAX = 1_000_000, 9_999_999

SPACES: dict[str, int] = {
    "phone": 10**_DIGITS,
    "postcode": len(_FIRST) * len(_SECOND) * _DISTRICTS * _SECTORS * len(_UNIT) ** 2,
    "amount": _PENCE_MAX - _PENCE_MIN + 1,
    "instant": _MONTHS * _DAYS * _SECONDS,
}


def phone(mark: str) -> str:
    """An international number of the country code +999, which is nobody's: it can ring nowhere."""
    return f"+999{_number(mark, 'phone'):0{_DIGITS}}"


def postcode(mark: str) -> str:
    """A postcode of valid form, such as "LS41 7QX"; most don't exist."""
    rest, unit = divmod(_number(mark, "postcode"), len(_UNIT) ** 2)
    rest, sector = divmod(rest, _SECTORS)
    area, district = divmod(rest, _DISTRICTS)
    first, second = divmod(area, len(_SECOND))
    return (
        f"{_FIRST[first]}{_SECOND[second]}{district + 1} {sector}{_UNIT[unit // len(_UNIT)]}{_UNIT[unit % len(_UNIT)]}"
    )


def amount(mark: str, more: int = 0) -> float:
    """Money, 10,000.00 to 99,999.99, and so many pence more."""
    return (_PENCE_MIN + _number(mark, "amount") + more) / 100


def instant(mark: str) -> str:
    """A second of the year 2025, as RFC 3339 writes it in UTC."""
    rest, second = divmod(_number(mark, "instant"), _SECONDS)
    month, day = divmod(rest, _DAYS)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"2025-{month + 1:02}-{day + 1:02}T{clock}Z"


def _number(mark: str, kind: str) -> int:
    """A number below the kind's count; 128 bits are so many more that each comes up as often."""
    digest = hashlib.blake2s(f"{kind}:{mark}".encode(), digest_size=16).digest()
    return int.from_bytes(digest) % SPACES[kind]
