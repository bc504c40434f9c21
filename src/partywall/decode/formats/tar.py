"""tar archives (POSIX ustar, pax, GNU), read block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.decode.parts import Body, Format, Nested, Shown, Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Part

_BLOCK = 512
# Magic, 5 of its bytes, in the 512-byte header.
_MAGIC = slice(257, 262)
_FIELDS = {"name": slice(0, 100), "link": slice(157, 257), "user": slice(265, 297), "group": slice(297, 329)}
_PREFIX = slice(345, 500)
_SIZE = slice(124, 136)


def _fits(body: Body, head: bytes) -> bool:
    return body.data[_MAGIC] == b"ustar"


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Names, links, owners' names, and members as bodies; extended headers are members of their own."""
    data, place = body.data, 0
    while any(header := data[place : place + _BLOCK]):
        budget.take_member()
        budget.room()
        fields = {name: _text(header[where]) for name, where in _FIELDS.items()}
        name = "/".join(part for part in (_text(header[_PREFIX]), fields["name"]) if part)
        for field, text in fields.items():
            if text:
                yield Shown(f"/{name[:200]}", name if field == "name" else text, (field,), source=True)
        size = _size(header[_SIZE])
        if header[_MAGIC] != b"ustar" or size < 0:
            yield Unseen(f"/{place}", "a header of a tar archive that can't be read, and what follows")
            return
        content = data[place + _BLOCK : place + _BLOCK + size]
        if len(content) < size:
            yield Unseen(f"/{name[:200]}", "member that is cut off")
        if content:
            yield Nested(f"/{name[:200]}", Body(content))
        place += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _size(field: bytes) -> int:
    """Octal digits, or a big-endian number with the first bit set; -1 for neither."""
    if field[:1] and field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if digits.isdigit() and not digits.strip(b"01234567") else 0 if not digits else -1


TAR = Format("tar", _fits, _read, textual=False, surface="archive")
