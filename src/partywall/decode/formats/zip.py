"""ZIP, and what is ZIP inside: Office documents, OpenDocument, EPUB, JAR.

Read by local headers in the order of the file (APPNOTE 4.3.7), not by the central directory alone: so truncated
archives, members that the directory hides and overlapping ones are all looked at, and a directory of a million
entries costs nothing.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from partywall.decode.parts import Body, Format, Nested, NotThisFormatError, Shown, Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Part

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_FIELDS = struct.Struct("<4xHHHHHLLLHH")
_CENTRAL_FIELDS = struct.Struct("<4xHHHHHHLLLHHHHHLL")
_END_FIELDS = struct.Struct("<4xHHHHLLH")
_END_BYTES_MAX = _END_FIELDS.size + 0xFFFF
_ENCRYPTED, _LENGTH_AFTER, _UTF8 = 0x1, 0x8, 0x800


class _Member(NamedTuple):
    name: str
    flags: int
    method: int
    start: int
    packed: int


def _fits(body: Body, head: bytes) -> bool:
    data = body.data
    if data.startswith((_LOCAL, _END, b"PK\x07\x08" + _LOCAL)):
        return True
    # Behind something else: a self-extracting archive, or an image that is an archive as well.
    return data.find(_END, max(0, len(data) - _END_BYTES_MAX)) >= 0 and _CENTRAL in data


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Names, comments, and members as bodies."""
    data = body.data
    directory, more = _directory(data, budget.limits.members)
    if more:
        yield Unseen("", f"entries beyond the first {len(directory)} of an archive's directory")
    sizes = {offset: size for _, _, offset, size in directory}
    seen: set[int] = set()
    for start in _starts(data, [offset for _, _, offset, _ in directory], sizes, seen):
        budget.take_member()
        member = _member(data, start, sizes.get(start, 0))
        if member is None:
            yield Unseen(f"/{start}", "a member whose header is cut off")
            continue
        yield Shown(f"/{member.name[:200]}", member.name, ("name",), source=True)
        yield from _content(data, member, budget.room())
    for name, comment, _, _ in directory:
        yield Shown(f"/{name[:200]}", name, ("name",), source=True)
        if comment:
            yield Shown(f"/{name[:200]}", comment, ("comment",))
    end = data.rfind(_END, max(0, len(data) - _END_BYTES_MAX))
    if end < 0:
        yield Unseen("", "archive that is truncated")
    elif comment := data[end + _END_FIELDS.size :].decode("utf-8", "replace"):
        yield Shown("", comment, ("comment",))


def _directory(data: bytes, members: int) -> tuple[list[tuple[str, str, int, int]], bool]:
    """Name, comment, offset and packed size of so many entries of the central directory; whether there are more."""
    found: list[tuple[str, str, int, int]] = []
    place = data.find(_CENTRAL)
    while place >= 0 and place + _CENTRAL_FIELDS.size <= len(data):
        if len(found) >= members:
            return found, True
        fields = _CENTRAL_FIELDS.unpack_from(data, place)
        flags, packed, name_bytes, extra_bytes, comment_bytes, offset = (
            fields[2], fields[7], fields[9], fields[10], fields[11], fields[15],
        )  # fmt: skip
        start = place + _CENTRAL_FIELDS.size
        name = data[start : start + name_bytes]
        comment = data[start + name_bytes + extra_bytes :][:comment_bytes] if comment_bytes else b""
        found.append((_name(name, flags), _name(comment, flags), offset, packed))
        place = data.find(_CENTRAL, start + name_bytes + extra_bytes + comment_bytes)
    return found, False


def _starts(data: bytes, declared: list[int], sizes: dict[int, int], seen: set[int]) -> Iterator[int]:
    """Where members begin: those that follow one another, then those that only the directory knows (they overlap)."""
    place = data.find(_LOCAL)
    while place >= 0:
        seen.add(place)
        yield place
        member = _member(data, place, sizes.get(place, 0))
        place = data.find(_LOCAL, place + 4 if member is None else member.start + member.packed)
    for offset in declared:
        if offset not in seen and data.startswith(_LOCAL, offset):
            seen.add(offset)
            yield offset


def _member(data: bytes, start: int, declared: int) -> _Member | None:
    if start + _LOCAL_FIELDS.size > len(data):
        return None
    _, flags, method, _, _, _, packed, _, name_bytes, extra_bytes = _LOCAL_FIELDS.unpack_from(data, start)
    begin = start + _LOCAL_FIELDS.size
    name = _name(data[begin : begin + name_bytes], flags)
    begin += name_bytes + extra_bytes
    if not packed or packed == 0xFFFFFFFF:
        packed = declared if declared and declared != 0xFFFFFFFF else 0
    return _Member(name, flags, method, begin, packed)


def _content(data: bytes, member: _Member, room: int) -> Iterator[Part]:
    place = f"/{member.name[:200]}"
    end = member.start + member.packed if member.packed else _next(data, member.start)
    packed = data[member.start : end]
    if member.flags & _ENCRYPTED:
        if packed:
            yield Unseen(place, "encrypted member")
        return
    try:
        content, whole = _unpacked(packed, member.method, room)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        yield Unseen(place, f"member that can't be unpacked: {error}")
        yield Nested(place, Body(packed, declared=False))
        return
    if not whole:
        yield Unseen(place, f"member that is cut off, or all beyond its first {len(content)} bytes")
    if content:
        yield Nested(place, Body(content, _kind(member.name)))


def _unpacked(packed: bytes, method: int, room: int) -> tuple[bytes, bool]:
    """The content, and whether that is all of it."""
    if method == 0:
        return packed[:room], len(packed) <= room
    if method == 8:
        machine = zlib.decompressobj(-zlib.MAX_WBITS)
        content = machine.decompress(packed, room)
        return content, machine.eof or not packed
    if method == 12:
        bunzip = bz2.BZ2Decompressor()
        return bunzip.decompress(packed, room), bunzip.eof
    raise NotThisFormatError(f"compression method {method} is not known here")


def _next(data: bytes, start: int) -> int:
    ends = [place for mark in (_LOCAL, _CENTRAL, b"PK\x07\x08") if (place := data.find(mark, start)) >= 0]
    return min(ends, default=len(data))


def _name(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace")


def _kind(name: str) -> str:
    return _KINDS.get(name.rpartition(".")[2].lower(), "")


_KINDS = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "htm": "text/html",
    "html": "text/html",
    "xml": "application/xml",
    "br": "application/brotli",
}

ZIP = Format("zip", _fits, _read, textual=False, surface="archive")
